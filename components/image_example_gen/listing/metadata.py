"""Reads the CSV that says more about the images: age, sex, view, site."""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from components.recipe.data import Metadata
from components.runtime.errors import DataError
from components.storage import files
from components.storage.csv_separator import find_separator

HEADER_COLUMNS = frozenset({"age", "sex", "view", "modality", "manufacturer"})  # of DICOM files

# As a spreadsheet or pandas writes it, and within the 64 bits of a feature.
_WHOLE_NUMBER = re.compile(r"([0-9]{1,18})(?:\.0*)?")


@dataclass(frozen=True)
class MetadataTable:
    """Rows of the CSV, found by path, by the end of it, by file name or by stem.

    Attributes:
        section: the recipe's words about the CSV.
        rows: key as written in the CSV → column → text.
        numeric: columns in which every value is a whole number.
    """

    section: Metadata | None = None
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    numeric: frozenset[str] = frozenset()

    @property
    def file(self) -> str | None:
        """Path of the CSV below the data folder."""
        return self.section.file if self.section else None

    def value(self, path: str, column: str) -> str | None:
        """Returns the text of a cell, or None if row, column or text is missing."""
        return (self._row(path).get(column) or "").strip() or None

    def features(self, path: str) -> dict[str, int | str]:
        """Returns the features of an image: the columns and bands that have a value."""
        if self.section is None:
            return {}
        features: dict[str, int | str] = {}
        for column in self.section.columns:
            if (text := self.value(path, column)) is not None:
                features[column] = _whole_number(text) if column in self.numeric else text
        for column, edges in self.section.bands.items():
            if column in self.numeric and (text := self.value(path, column)) is not None:
                features[f"{column}_band"] = band(_whole_number(text), edges)
        return features

    def key(self, path: str) -> str | None:
        """Returns the key of the row of an image, or None if it has none."""
        pure = PurePosixPath(_composed(path))
        ends = ("/".join(pure.parts[start:]) for start in range(len(pure.parts)))
        return next((key for key in (*ends, pure.stem) if key in self.rows), None)

    def fitted(self, paths: Sequence[str]) -> "MetadataTable":
        """Returns the table for these images.

        Where few keys fit, and all begin with a folder that the data folder does not know, they
        are taken without it.

        Args:
            paths: of all images, below the data folder.

        Raises:
            DataError: few images have a row, or one row is of several images; the message shows
                both spellings.
        """
        if self.section is None or not self.rows or not paths:
            return self
        tables = (self, replace(self, rows=_without_common_folder(self.rows)))
        keys = [{path: table.key(path) for path in paths} for table in tables]
        shares = [sum(key is not None for key in found.values()) / len(paths) for found in keys]
        best = int(shares[0] < self.section.min_share and shares[1] > shares[0])
        if shares[best] < self.section.min_share:
            unknown = next(path for path, key in keys[best].items() if key is None)
            raise DataError(
                f"{shares[best]:.0%} of {len(paths)} images have a row in {self.section.file}, "
                f"less than data.metadata.min_share = {self.section.min_share:.0%}. An image "
                f"without a row is {unknown!r}; the column {self.section.key!r} holds for example "
                f"{next(iter(self.rows))!r}. Correct the file or data.metadata.key, or lower "
                "min_share if you know why."
            )
        _check_one_image_a_row(keys[best], self.section)
        return tables[best]

    def _row(self, path: str) -> dict[str, str]:
        key = self.key(path)
        return {} if key is None else self.rows[key]


def band(value: int, edges: tuple[int, ...]) -> str:
    """Returns the name of the band that holds `value`: `0-39`, `40-64` or `65+` for (40, 65)."""
    low = 0
    for edge in edges:
        if value < edge:
            return f"{low}-{edge - 1}"
        low = edge
    return f"{low}+"


def tag_features(tags: Mapping[str, str | int], section: Metadata | None) -> dict[str, str | int]:
    """Returns the features that the tags of a DICOM file fill, as `MetadataTable.features` does.

    Args:
        tags: of `dicom.attributes.read_tags`.
        section: the recipe's words about metadata; None: it has none.
    """
    if section is None:
        return {}
    values = {column: tags[column] for column in section.columns if column in tags}
    for column, edges in section.bands.items():
        if isinstance(number := tags.get(column), int):
            values[f"{column}_band"] = band(number, edges)
    return values


def read_metadata(
    base: str, section: Metadata, headers: bool = False, patient: str | None = None
) -> MetadataTable:
    """Reads the CSV of a data folder.

    Args:
        base: the data folder.
        section: the recipe's words about the CSV.
        headers: whether DICOM headers may stand in for a CSV that is not there.
        patient: column that names the patient, if the CSV has to.

    Raises:
        DataError: it is missing, no CSV in UTF-8 or without rows; it lacks a column or has it
            twice, names an image twice, has a row of more cells than columns, or text in a column
            of bands.
    """
    try:
        text = files.read_bytes(base, section.file).decode("utf-8-sig")
    except FileNotFoundError:
        if headers and HEADER_COLUMNS.issuperset({*section.columns, *section.bands}):
            return MetadataTable(section)
        raise _unreadable(section, "there is no such file") from None
    except UnicodeDecodeError as error:
        raise _unreadable(section, f"byte {error.start} is not UTF-8") from None
    except OSError as error:
        raise _unreadable(section, error.strerror or str(error)) from None
    if "\0" in text:  # Python's reader refuses it before 3.11, and takes it since
        line = text[: text.index("\0")].count("\n") + 1
        raise _unreadable(section, f"line {line} holds a zero byte")
    wanted = {section.key, *section.columns, *section.bands}
    return _parse(text, section, wanted.union([patient] if patient else []))


def _unreadable(section: Metadata, reason: str) -> DataError:
    return DataError(
        f"The metadata file {section.file!r} of the data folder can't be read: {reason}. It must "
        "be a CSV in UTF-8; without one, use --set data.metadata=null."
    )


def _parse(text: str, section: Metadata, wanted: set[str]) -> MetadataTable:
    text, separator = find_separator(text.lstrip("\r\n"), wanted)
    # `strict`: a quote that is never closed would swallow the rest of the table.
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        _check_columns(reader.fieldnames, wanted, separator, section)
        rows = _index(reader, section)
    except csv.Error:
        raise DataError(
            f"{section.file} is no valid CSV after line {reader.line_num}. A quote that is never "
            "closed is a common reason, or one inside quotes that is not doubled."
        ) from None
    if not rows and section.min_share:
        raise DataError(
            f"{section.file} has a header and no rows. Fill it, or use --set data.metadata=null."
        )
    _check_bands(rows, section)
    return MetadataTable(section, rows, _numeric_columns(rows, {*section.columns, *section.bands}))


def _check_columns(
    names: Sequence[str], wanted: set[str], separator: str, section: Metadata
) -> None:
    if missing := wanted.difference(names):
        raise DataError(
            f"{section.file} lacks the columns {sorted(missing)}. It has, with the separator "
            f"{separator!r}: {list(names)}."
        )
    if twice := sorted(name for name in wanted if names.count(name) > 1):
        raise DataError(f"{section.file} has the columns {twice} twice. Rename or remove one.")


def _without_common_folder(rows: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    """Returns the rows under keys without the folders that all of them begin with."""
    folders = [PurePosixPath(key).parts[:-1] for key in rows]
    shared = 0
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared += 1
    return {"/".join(PurePosixPath(key).parts[shared:]): row for key, row in rows.items()}


def _check_one_image_a_row(keys: Mapping[str, str | None], section: Metadata) -> None:
    first: dict[str, str] = {}
    for path, key in keys.items():
        if key is not None and (other := first.setdefault(key, path)) != path:
            raise DataError(
                f"{section.file}: the row of {key!r} fits two images, {other!r} and {path!r}. "
                f"Write paths below the data folder into the column {section.key!r}."
            )


def _index(reader: csv.DictReader, section: Metadata) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for row in reader:
        if any((cell or "").strip() for cell in row.pop(None, None) or ()):
            raise DataError(
                f"{section.file}, line {reader.line_num}: the row has more cells than the header. "
                "Put a text with a separator in it into quotes."
            )
        key = (row[section.key] or "").strip().replace("\\", "/").removeprefix("./")
        key = _composed(key)
        if key in rows and rows[key] != row:
            raise DataError(f"{section.file}, line {reader.line_num}: {key!r} stands there twice.")
        rows[key] = row
    return rows


def _check_bands(rows: dict[str, dict[str, str]], section: Metadata) -> None:
    for column in section.bands:
        for key, row in rows.items():
            text = (row[column] or "").strip()
            if text and not _WHOLE_NUMBER.fullmatch(text):
                raise DataError(
                    f"{section.file}: the {column} of {key!r} is {text!r}, not a whole number, so "
                    f"it falls into none of the bands of data.metadata.bands.{column}. Correct it, "
                    "or leave the cell empty if it is not known."
                )


def _numeric_columns(rows: dict[str, dict[str, str]], columns: set[str]) -> frozenset[str]:
    def whole_numbers(column: str) -> bool:
        texts = [(row[column] or "").strip() for row in rows.values()]
        filled = [text for text in texts if text]
        return bool(filled) and all(_WHOLE_NUMBER.fullmatch(text) for text in filled)

    return frozenset(column for column in columns if whole_numbers(column))


def _whole_number(text: str) -> int:
    return int(text.split(".")[0])


def _composed(text: str) -> str:
    """Returns the text with composed accents: macOS writes names decomposed, Excel does not."""
    return unicodedata.normalize("NFC", text)
