"""Identifiers in columns, EXIF, text chunks and file names; harmless ones pass."""

from dataclasses import replace

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from components.data_audit.checks.identity import identity
from tests.components.data_audit.cohort import encode, picture_of, png

COMMENT, ARTIST, SOFTWARE, DATE, XP_AUTHOR = 0x9286, 0x013B, 0x0131, 0x0132, 0x9C9D


def with_exif(image: Image.Image, tag: int, value: str | bytes, kind: str) -> bytes:
    exif = Image.Exif()
    if tag == COMMENT:
        exif[0x8769] = {tag: value}
    else:
        exif[tag] = value
    return encode(image, kind, exif=exif)


def with_chunk(image: Image.Image, key: str, value: str) -> bytes:
    chunks = PngInfo()
    chunks.add_text(key, value)
    return png(image, pnginfo=chunks)


TELLING = {
    "EXIF Artist": lambda image: with_exif(image, ARTIST, "Dr. Jane Doe", "JPEG"),
    "EXIF XPAuthor": lambda image: with_exif(image, XP_AUTHOR, "Jane".encode("utf-16le"), "JPEG"),
    "EXIF UserComment": lambda image: with_exif(image, COMMENT, b"ASCII\0\0\0left lung", "PNG"),
    "PNG text PatientName": lambda image: with_chunk(image, "PatientName", "x"),
    "PNG text scan": lambda image: with_chunk(image, "scan", "DOE^JANE taken 1961-03-12"),
    "JPEG Comment": lambda image: encode(image, "JPEG", comment=b"Mrs. Doe, ward 3"),
}
HARMLESS = {
    "EXIF Software": lambda image: with_exif(image, SOFTWARE, "ImageJ 1.53", "JPEG"),
    "EXIF DateTime": lambda image: with_exif(image, DATE, "2020:03:04 10:11:12", "JPEG"),
    "JPEG Comment": lambda image: encode(image, "JPEG", comment=b"CREATOR: gd-jpeg v1.0"),
}


def test_a_clean_set_has_none(clean):
    found = identity(clean)
    assert not found.cases and "no image carries EXIF or text chunks" in found.sentence


@pytest.mark.parametrize("where", TELLING)
def test_a_telling_annotation_is_named_but_not_repeated(clean, one, where):
    found = identity([*clean, picture_of(TELLING[where](one[1]))])
    (case,) = found.cases
    assert case.files == ("COVID/added.png",)
    assert case.reason.startswith(where)
    assert "Jane" not in str(found) and "DOE" not in str(found) and "ward" not in str(found)


@pytest.mark.parametrize("where", HARMLESS)
def test_what_programs_write_is_counted_only(clean, one, where):
    found = identity([*clean, picture_of(HARMLESS[where](one[1]))])
    assert not found.cases and "1 image carries EXIF or text chunks" in found.sentence


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("PatientName", "x"),
        ("birth_date", 19610312),
        ("AccessionNumber", "A1"),
        ("remark", "seen on 12.03.1988"),
        ("contact", "jane.doe@example.org"),
    ],
)
def test_a_telling_column_is_found(clean, column, value):
    pictures = [replace(p, metadata={**p.metadata, column: value}) for p in clean]
    (case,) = identity(pictures).cases
    assert case.reason.startswith(f"column {column}: ") and len(case.files) == len(clean)
    assert str(value) not in case.reason or value == "x"


def test_a_column_that_names_each_patient_is_found(clean):
    pictures = [replace(p, metadata={"code": f"c{p.patient}"}) for p in clean]
    (case,) = identity(pictures).cases
    assert case.reason == "column code: nearly every patient has a value of his own"


def test_a_date_in_a_file_name_is_found(one):
    pictures = [replace(one[0], filename="COVID/doe_2021-04-30.png")]
    assert "a date" in identity(pictures).cases[0].reason
    assert not identity([replace(one[0], filename="COVID/00002658_001.png")]).cases
