"""What pictures inside a TIFF say of their size, and TIFF files whose picture says another one."""

import io
import struct
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile

from components.imaging.tiff.embedded import Declared, declared
from components.imaging.unreadable import UnreadableImage
from tests.components.imaging.pictures import RGB, refused

JPEG, JPEG_2000, LERC, WEBP, JPEG_XL = 7, 34712, 34887, 50001, 50002
HEIGHT, WIDTH = RGB.shape[:2]
HUGE = 1 << 29


def jpeg_xl_header(*fields: tuple[int, int]) -> bytes:
    """Start of a JPEG XL; a field is (bits, value), the lowest bit first."""
    value = place = 0
    for bits, number in fields:
        value |= number << place
        place += bits
    return b"\xff\x0a" + value.to_bytes(40, "little")


HUGE_JPEG_XL = jpeg_xl_header((1, 0), (2, 3), (30, HUGE - 1), (3, 1), (1, 1))


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), name) + body


PICTURES: dict[str, tuple[int, Any]] = {
    "jpeg": (JPEG, imagecodecs.jpeg_encode(RGB)),
    "jpeg_2000": (JPEG_2000, imagecodecs.jpeg2k_encode(RGB, codecformat="j2k")),
    "jpeg_2000_in_boxes": (JPEG_2000, imagecodecs.jpeg2k_encode(RGB, codecformat="jp2")),
    "lerc": (LERC, imagecodecs.lerc_encode(RGB)),
    "lerc_by_channel": (LERC, imagecodecs.lerc_encode(np.moveaxis(RGB, -1, 0), planar=True)),
    "webp_lossless": (WEBP, imagecodecs.webp_encode(RGB, lossless=True)),
    "webp": (WEBP, imagecodecs.webp_encode(RGB, lossless=False, level=80)),
}


@pytest.mark.parametrize(("compression", "data"), PICTURES.values(), ids=list(PICTURES))
def test_the_size_is_that_of_the_picture(compression, data):
    assert declared(compression, data) == Declared(HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("side", [(16, 24), (64, 64), (33, 57), (40, 50), (300, 200)])
@pytest.mark.parametrize("container", [False, True])
def test_the_size_of_a_jpeg_xl_in_each_of_its_codes(side, container):
    data: Any = imagecodecs.jpegxl_encode(np.zeros((*side, 3), np.uint8), usecontainer=container)
    height, width = side
    assert declared(JPEG_XL, data) == Declared(height, width, 0)


DEEP = np.arange(HEIGHT * WIDTH, dtype=np.uint16).reshape(HEIGHT, WIDTH)
DEPTHS = {
    "jpeg_2000": (JPEG_2000, imagecodecs.jpeg2k_encode(DEEP, codecformat="j2k"), 16, "u"),
    "jpeg_2000_12": (JPEG_2000, imagecodecs.jpeg2k_encode(DEEP, bitspersample=12), 12, "u"),
    "jpeg_2000_signed": (JPEG_2000, imagecodecs.jpeg2k_encode(DEEP.astype(np.int16)), 16, "i"),
    "lerc_signed": (LERC, imagecodecs.lerc_encode(DEEP.astype(np.int32)), 32, "i"),
    "lerc_float": (LERC, imagecodecs.lerc_encode(DEEP.astype(np.float64)), 64, "f"),
    "jpeg_xl": (JPEG_XL, imagecodecs.jpegxl_encode(DEEP), 16, "u"),
    "jpeg_xl_float": (JPEG_XL, imagecodecs.jpegxl_encode((DEEP / 999).astype("f4")), 32, "f"),
}


@pytest.mark.parametrize(("compression", "data", "bits", "kind"), DEPTHS.values(), ids=list(DEPTHS))
def test_the_depth_is_that_of_the_picture(compression, data, bits, kind):
    found = declared(compression, data)
    assert (found.bits, found.kind) == (bits, kind)


def test_channels_of_a_jpeg_xl_beside_its_colours_count():
    header = jpeg_xl_header(
        (1, 1), (5, 0), (3, 1), (1, 0), (1, 0), (1, 0), (2, 0), (1, 1), (2, 3), (12, 999)
    )
    assert declared(JPEG_XL, header) == Declared(8, 8, 1000)


def test_what_is_compressed_but_no_picture_has_no_size():
    assert declared(8, b"\x78\x9c") is None


@pytest.mark.parametrize("compression", [JPEG_2000, LERC, WEBP, JPEG_XL])
@pytest.mark.parametrize("data", [b"", b"RIFF", b"Lerc2 \x06", b"\xff\x0a", b"\xff\x4f\xff\x51"])
def test_what_holds_no_picture_is_damaged(compression, data):
    with pytest.raises(UnreadableImage, match=r"holds no .* picture") as caught:
        declared(compression, data)
    assert caught.value.reason == "corrupt"


@pytest.mark.parametrize(
    ("compression", "data"),
    [
        (WEBP, b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02" + bytes(9)),
        (JPEG_XL, jpeg_xl_header((1, 1), (5, 0), (3, 1), (1, 0), (1, 1), (3, 0), (2, 0), (1, 1))),
        (JPEG_XL, jpeg_xl_header((1, 1), (5, 0), (3, 1), (1, 0), (1, 1), (3, 5))),
    ],
    ids=["webp", "jpeg_xl", "jpeg_xl_turned"],
)
def test_animations_and_turned_pictures_are_not_read(compression, data):
    with pytest.raises(UnreadableImage) as caught:
        declared(compression, data)
    assert caught.value.reason == "unsupported"


# === TIFF files whose picture is not of the size that they say ===


def tiff(compression: str, segment: bytes) -> bytes:
    """A TIFF of the size of RGB whose one strip is replaced."""
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, RGB, photometric="rgb", compression=compression)
    data = buffer.getvalue()
    page = tifffile.TiffFile(io.BytesIO(data)).pages.first
    changed = bytearray(data)
    for tag, value in ((273, len(data)), (279, len(segment))):
        struct.pack_into("<I", changed, page.tags[tag].valueoffset, value)
    return bytes(changed) + segment


def with_size(data: bytes, place: int, form: str, *values: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(form, changed, place, *values)
    return bytes(changed)


def decoy() -> bytes:
    """A small JPEG 2000 in a box that decoders skip, before one that is huge."""
    small: Any = imagecodecs.jpeg2k_encode(RGB, codecformat="j2k")
    huge = with_size(small, 8, ">2I", HUGE, HUGE)
    signature = box(b"jP  ", b"\r\n\x87\n")
    return signature + box(b"uuid", small) + box(b"jp2c", huge)


HUGE_PICTURES: dict[str, tuple[str, Any]] = {
    "jpeg_2000": ("jpeg2000", with_size(PICTURES["jpeg_2000"][1], 8, ">2I", HUGE, HUGE)),
    "jpeg_2000_decoy": ("jpeg2000", decoy()),
    "jpeg_2000_samples": ("jpeg2000", with_size(PICTURES["jpeg_2000"][1], 40, ">H", 16384)),
    "lerc": ("lerc", with_size(PICTURES["lerc"][1], 14, "<2i", HUGE, 4)),
    "lerc_bands": ("lerc", imagecodecs.lerc_encode(RGB) * 100),
    "webp": ("webp", with_size(PICTURES["webp_lossless"][1], 21, "<I", 0x0FFFFFFF)),
    "jpeg_xl": ("jpegxl", HUGE_JPEG_XL),
    "jpeg_xl_in_two_boxes": (
        "jpegxl",
        box(b"JXL ", b"\r\n\x87\n")
        + box(b"jxlp", bytes(4) + HUGE_JPEG_XL[:3])
        + box(b"jxlp", b"\x80\0\0\1" + HUGE_JPEG_XL[3:]),
    ),
}


@pytest.mark.parametrize(("name", "segment"), HUGE_PICTURES.values(), ids=list(HUGE_PICTURES))
def test_a_picture_larger_than_its_tiff_is_refused_before_it_is_decoded(name, segment):
    error = refused(tiff(name, segment))
    assert error.reason == "corrupt"
    assert f"{WIDTH} x {HEIGHT} pixels of 3 samples, and the picture in it" in error.detail


SMALL = RGB[: HEIGHT // 2]
OTHER_SHAPES = {"half": SMALL, "transposed": np.ascontiguousarray(RGB.swapaxes(0, 1))}


@pytest.mark.parametrize("pixels", OTHER_SHAPES.values(), ids=list(OTHER_SHAPES))
@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("jpeg", imagecodecs.jpeg_encode),
        ("jpeg2000", imagecodecs.jpeg2k_encode),
        ("lerc", imagecodecs.lerc_encode),
        ("webp", imagecodecs.webp_encode),
        ("jpegxl", imagecodecs.jpegxl_encode),
    ],
)
def test_a_picture_of_another_shape_is_no_picture_of_this_tiff(name, encode, pixels):
    error = refused(tiff(name, encode(pixels)))
    assert error.reason == "corrupt"
    assert "the picture in it" in error.detail
