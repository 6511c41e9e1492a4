"""Reads the CSV that says more about the images: age, sex, view, site."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from components import files
from components.errors import DataError
from components.sections import Metadata


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
                features[column] = int(text) if column in self.numeric else text
        for column, edges in self.section.bands.items():
            if column in self.numeric and (text := self.value(path, column)) is not None:
                features[f"{column}_band"] = band(int(text), edges)
        return features

    def _row(self, path: str) -> dict[str, str]:
        pure = PurePosixPath(path)
        for key in (path, pure.name, pure.stem):
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
        DataError: it is missing, not UTF-8, lacks a column, or names an image twice.
    """
    try:
        text = files.read_bytes(base, section.file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"The metadata file {section.file!r} of the data folder can't be read ({error}). "
            "It must be a CSV in UTF-8; without one, use --set data.metadata=null."
        ) from None
    reader = csv.DictReader(io.StringIO(text))
    wanted = {section.key, *section.columns, *section.bands}
    if missing := wanted - set(reader.fieldnames or ()):
        raise DataError(
            f"{section.file} lacks the columns {sorted(missing)}. It has: {reader.fieldnames}."
        )
    rows = _index(reader, section)
    return MetadataTable(section, rows, _numeric_columns(rows, {*section.columns, *section.bands}))


def _index(reader: csv.DictReader, section: Metadata) -> dict[str, dict[str, str]]:
    rows: dict[str, dict[str, str]] = {}
    for row in reader:
        key = (row[section.key] or "").strip().replace("\\", "/").removeprefix("./")
        if key in rows and rows[key] != row:
            raise DataError(f"{section.file}, line {reader.line_num}: {key!r} stands there twice.")
        rows[key] = row
    return rows


def _numeric_columns(rows: dict[str, dict[str, str]], columns: set[str]) -> frozenset[str]:
    def whole_numbers(column: str) -> bool:
        texts = [(row[column] or "").strip() for row in rows.values()]
        filled = [text for text in texts if text]
        return bool(filled) and all(text.isdecimal() for text in filled)

    return frozenset(column for column in columns if whole_numbers(column))
