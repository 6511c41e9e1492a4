"""Text inside PNG and JPEG files, as scanners, programs and people write it."""

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from components.imaging.measures.annotations import read_annotations
from tests.components.data_audit.cohort import encode, png

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


IDENTIFYING = {
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


def read(data: bytes):
    image = Image.open(io.BytesIO(data))
    image.load()
    return read_annotations(image)


def test_an_image_without_text_has_none(one):
    assert read(png(one[1])) == read(encode(one[1], "JPEG")) == ()


@pytest.mark.parametrize("where", IDENTIFYING)
def test_what_may_identify_is_suspected_and_its_value_not_kept(one, where):
    (found,) = read(IDENTIFYING[where](one[1]))
    assert found.key == where and found.suspicion
    assert not any(part in str(found) for part in ("Jane", "DOE", "Doe", "1961", "ward"))


@pytest.mark.parametrize("where", HARMLESS)
def test_what_programs_write_is_not_suspected(one, where):
    (found,) = read(HARMLESS[where](one[1]))
    assert (found.key, found.suspicion) == (where, "")
