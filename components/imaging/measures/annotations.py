"""Text inside PNG and JPEG bytes: EXIF, text chunks, comments.

With `data.keep_metadata` ImageExampleGen keeps what a scanner or a person wrote into a file, and it
is in the Examples too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image

from components.imaging.measures.identifiers import suspicious_key, suspicious_value

_SUB_FOLDERS = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
# Free text: the person who typed it may have typed a name.
_FREE_TEXT = frozenset(
    {
        "Comment", "Description", "IPTC", "ImageDescription", "Title", "UserComment", "XPComment",
        "XPKeywords", "XPSubject", "XPTitle",
    }
)  # fmt: skip
# What programs write about themselves into the same fields.
_SOFTWARE = re.compile(
    r"software|jpeg|\bgimp\b|photoshop|applemark|lavc|lead tech|imagej|version \d|\bv\d", re.I
)


@dataclass(frozen=True)
class Annotation:
    """A piece of text inside an image file. Its value is not kept.

    Attributes:
        key: where it is, as `EXIF Artist` or `PNG text Comment`.
        suspicion: why it may identify the patient; '' if it looks harmless.
    """

    key: str
    suspicion: str


def read_annotations(image: Image.Image) -> tuple[Annotation, ...]:
    """Returns the annotations of an image that Pillow has loaded."""
    return tuple(
        Annotation(f"{kind} {key}"[:100], _suspicion(key, value))
        for kind, key, value in _all(image)
        if value.strip("\0 ")
    )


def _all(image: Image.Image) -> Iterator[tuple[str, str, str]]:
    exif = image.getexif()
    for number, value in exif.items():
        if number not in _SUB_FOLDERS:
            yield "EXIF", ExifTags.TAGS.get(number, str(number)), _text(value)
    for number, value in exif.get_ifd(ExifTags.IFD.Exif).items():
        yield "EXIF", ExifTags.TAGS.get(number, str(number)), _text(value)
    if gps := exif.get_ifd(ExifTags.IFD.GPSInfo):
        yield "EXIF", "GPS", _text(gps)
    for key, value in getattr(image, "text", {}).items():
        yield "PNG text", key, _text(value)
    for key, name in (("comment", "Comment"), ("photoshop", "IPTC")):
        if value := image.info.get(key):
            yield "JPEG", name, _text(value)
    if xmp := image.info.get("xmp"):
        yield "XMP", "packet", _text(xmp)


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    # Windows writes its XP tags in UTF-16.
    return value.replace(b"\0", b"").decode("utf-8", errors="replace")


def _suspicion(key: str, value: str) -> str:
    if reason := suspicious_key(key):
        return reason
    # The date of the last conversion says nothing about a patient, and most tools write it.
    reason = "" if key == "DateTime" else suspicious_value(value)
    return reason or ("is free text" if key in _FREE_TEXT and _wordy(value) else "")


def _wordy(value: str) -> bool:
    letters = sum(character.isalpha() for character in value)
    return letters >= 3 and not _SOFTWARE.search(value)
