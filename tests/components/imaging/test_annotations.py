"""Names that stand beside a picture do not leave the file."""

import io

import pytest
from PIL import Image, PngImagePlugin

from components.imaging.annotations import without_annotations
from components.imaging.images import read_image
from tests.components.imaging.pictures import GREY, PASS, RGB, by_name, save

NAME = b"Doe^Jane"


def _texts() -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", NAME.decode())
    texts.add_itxt("Author", NAME.decode())
    return texts


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = NAME.decode()  # ImageDescription
    return exif


def _with_comment_between_scans() -> bytes:
    """A progressive JPEG with a comment where only a walk through all scans finds it."""
    data = save(RGB, "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + b"\xff\xfe" + (len(NAME) + 2).to_bytes(2, "big") + NAME + data[last:]


NAMED = {
    "PNG_texts": save(RGB, "PNG", pnginfo=_texts()),
    "PNG_exif": save(GREY, "PNG", exif=_exif()),
    "PNG_profile": save(RGB, "PNG", icc_profile=NAME),
    "PNG_after_the_end": save(RGB, "PNG") + NAME,
    "JPEG_comment": save(RGB, "JPEG", comment=NAME),
    "JPEG_exif": save(GREY, "JPEG", exif=_exif()),
    "JPEG_xmp": save(RGB, "JPEG", xmp=NAME),
    "JPEG_profile": save(RGB, "JPEG", icc_profile=NAME),
    "JPEG_comment_between_scans": _with_comment_between_scans(),
    "JPEG_after_the_end": save(RGB, "JPEG") + NAME,
}


def _hidden(data: bytes) -> bool:
    """Whether no text holds the name; Pillow inflates the compressed ones."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return NAME not in data and NAME not in repr(image.info).encode()


@by_name(NAMED)
def test_a_name_passes_only_if_wanted(data: bytes) -> None:
    kept = read_image(data, keep_metadata=True).encoded
    assert kept == data and not _hidden(kept)
    assert _hidden(read_image(data).encoded)


@by_name(PASS)
def test_once_is_enough(data: bytes) -> None:
    bare = without_annotations(data)
    assert without_annotations(bare) == bare


@pytest.mark.parametrize("name", ["PNG_8_grey", "PNG_8_rgb_interlaced", "JPEG_8_grey",
                                  "JPEG_8_rgb", "JPEG_8_ycc_restart"])  # fmt: skip
def test_plain_files_are_the_same_bytes(name: str) -> None:
    assert without_annotations(PASS[name]) == PASS[name]
