"""What format a file has, by its first bytes: suffixes lie."""

from __future__ import annotations

import re

from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

_SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "WEBP": (b"RIFF",),
    "BMP": (b"BM",),
}
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)  # bytes; "BM" alone may begin a text
# Brands of the ISO base media file format that are pictures: the others are films.
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")
# A bare dataset: group 0002 or 0008, an element, and a value representation of two letters.
_EXPLICIT_START = re.compile(rb"(?s:[\x02\x08]\x00..|\x00\x08..)[A-Z]{2}")


def sniff(data: bytes) -> str:
    """Names the format: 'PNG', 'JPEG', 'BMP', 'TIFF', 'GIF', 'WEBP' or 'DICOM'.

    Raises:
        UnreadableImage: 'empty', 'unsupported' or 'not_an_image'.
    """
    if not data:
        raise UnreadableImage("empty", f"the file has no bytes; {COPY_AGAIN}")
    if is_dicom(data):
        return "DICOM"
    for kind, signatures in _SIGNATURES.items():
        if data.startswith(signatures) and _is_more_than_a_prefix(kind, data):
            return kind
    picture = data[4:8] == b"ftyp" and data[8:12] in _PICTURE_BRANDS
    if picture or data.startswith(b"\0\0\0\x0cjP  "):
        raise UnreadableImage(
            "unsupported", "JPEG 2000, HEIC and AVIF files can't be read; convert it to PNG"
        )
    raise UnreadableImage(
        "not_an_image",
        f"expected PNG, JPEG, BMP, TIFF, GIF, WebP or DICOM, but the file starts with "
        f"{data[:8]!r}; convert it, or take it out",
    )


def _is_more_than_a_prefix(kind: str, data: bytes) -> bool:
    if kind == "BMP":
        return len(data) < 18 or int.from_bytes(data[14:18], "little") in _BMP_HEADERS
    return kind != "WEBP" or data[8:12] == b"WEBP"


def is_dicom(data: bytes) -> bool:
    """Whether the bytes are DICOM: 'DICM' at offset 128, or a bare dataset.

    A bare dataset (no preamble) starts with group 0002 or 0008: an explicit value representation,
    or an implicit length of at most 64 bytes, as the first elements of these groups have.
    """
    if data[128:132] == b"DICM" or _EXPLICIT_START.match(data):
        return True
    return (
        data[:2] in (b"\x02\x00", b"\x08\x00")
        and data[3:4] == b"\x00"
        and int.from_bytes(data[4:8], "little") <= 64 <= len(data)
    )
