"""Reads the CSV that says more about the images: age, sex, view, site."""

import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from components.recipe.data import Metadata
from components.runtime.errors import DataError
from components.storage import files

# As a spreadsheet or pandas writes it, and within the 64 bits of a feature.
_WHOLE_NUMBER = re.compile(r"([0-9]{1,18})(?:\.0*)?")


@dataclass(frozen=True)
class MetadataTable:
    """Rows of the CSV, found by path, file name or stem.

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

    def _row(self, path: str) -> dict[str, str]:
        pure = PurePosixPath(_composed(path))
        for key in (str(pure), pure.name, pure.stem):
            if key in self.rows:
                return self.rows[key]
        return {}


def band(value: int, edges: tuple[int, ...]) -> str:
    """Returns the name of the band that holds `value`: `0-39`, `40-64` or `65+` for (40, 65)."""
    low = 0
    for edge in edges:
        if value < edge:
            return f"{low}-{edge - 1}"
        low = edge
    return f"{low}+"


def read_metadata(base: str, section: Metadata) -> MetadataTable:
    """Reads the CSV of a data folder.

    Raises:
        DataError: it is missing or no CSV in UTF-8, lacks a column, names an image twice, or has
            text in a column of bands.
    """
    try:
        text = files.read_bytes(base, section.file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"The metadata file {section.file!r} of the data folder can't be read ({error}). "
            "It must be a CSV in UTF-8; without one, use --set data.metadata=null."
        ) from None
    try:
        return _parse(text, section)
    except csv.Error as error:
        raise DataError(
            f"The metadata file {section.file!r} of the data folder is no valid CSV: {error}. "
            "A quote that is never closed is a common reason."
        ) from None


def _parse(text: str, section: Metadata) -> MetadataTable:
    reader = csv.DictReader(io.StringIO(text))
    wanted = {section.key, *section.columns, *section.bands}
    if missing := wanted - set(reader.fieldnames or ()):
        raise DataError(
            f"{section.file} lacks the columns {sorted(missing)}. It has: {reader.fieldnames}."
        )
    rows = _index(reader, section)
    _check_bands(rows, section)
    return MetadataTable(section, rows, _numeric_columns(rows, {*section.columns, *section.bands}))


def _index(reader: csv.DictReader, section: Metadata) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for row in reader:
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
