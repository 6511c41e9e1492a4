"""TIFF files: every layout shows the same picture, and a contradiction is refused."""

import io
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from components.imaging.grey import stretch
from components.imaging.images import read_image
from tests.components.imaging.pictures import DEEP, GREY, RGB, pixels_of, refused, save

BIG = np.tile(RGB, (2, 2, 1))  # 32 x 48, for tiles of 16


def tiff(pixels: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def changed(data: bytes, tag: int, value: int) -> bytes:
    """A little-endian file whose tag holds another value, in each of its places."""
    file = tifffile.TiffFile(io.BytesIO(data))
    found = file.pages.first.tags[tag]
    code, place = {3: "H", 4: "I"}[int(found.dtype)], found.valueoffset
    values = struct.pack(f"<{found.count}{code}", *[value] * found.count)
    return data[:place] + values + data[place + len(values) :]


# === Layouts that show RGB ===

COLOURS = {
    "planar_16": tiff(
        np.moveaxis(RGB.astype(np.uint16) << 8, -1, 0), photometric="rgb", planarconfig="separate"
    ),
    "planar_16_lzw": tiff(
        np.moveaxis(RGB.astype(np.uint16) << 8, -1, 0),
        photometric="rgb", planarconfig="separate", compression="lzw",
    ),
    "big_endian": tiff(RGB.astype(np.uint16) << 8, photometric="rgb", byteorder=">"),
    "bigtiff_big_endian": tiff(RGB, photometric="rgb", bigtiff=True, byteorder=">"),
    "strips": tiff(RGB, photometric="rgb", rowsperstrip=3),
    "predictor": tiff(RGB, photometric="rgb", compression="zlib", predictor=True),
    "jpeg_2000": tiff(RGB, photometric="rgb", compression="jpeg2000"),
    "lerc": tiff(RGB, photometric="rgb", compression="lerc"),
    "webp": tiff(RGB, photometric="rgb", compression="webp", compressionargs={"lossless": True}),
    "zstd": tiff(RGB, photometric="rgb", compression="zstd"),
    "extra_sample": tiff(
        np.dstack([RGB, GREY]), photometric="rgb", extrasamples=["unspecified"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("data", COLOURS.values(), ids=list(COLOURS))
def test_every_layout_shows_the_same_colours(data: bytes) -> None:
    np.testing.assert_array_equal(pixels_of(read_image(data)), RGB)


@pytest.mark.parametrize("compression", [None, "zlib", "lzw"])
@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_tiles(compression: str | None, planar: str) -> None:
    pixels = BIG if planar == "contig" else np.moveaxis(BIG, -1, 0)
    data = tiff(
        pixels, photometric="rgb", planarconfig=planar, tile=(16, 16), compression=compression
    )
    np.testing.assert_array_equal(pixels_of(read_image(data)), BIG)


def test_jpeg_in_a_tiff_is_near() -> None:
    data = save(RGB, "TIFF", compression="jpeg", quality=100)
    np.testing.assert_allclose(pixels_of(read_image(data)).astype(int), RGB, atol=12)


def jpeg_strips_cut_short(**options: object) -> bytes:
    """A TIFF whose JPEG strip ends early, with an end marker all the same."""
    data = bytearray(tiff(np.tile(RGB, (8, 8, 1)), photometric="rgb", **options))
    page = tifffile.TiffFile(io.BytesIO(bytes(data))).pages.first
    length = page.databytecounts[0] // 2
    end = page.dataoffsets[0] + length
    struct.pack_into("<I", data, page.tags[279].valueoffset, length)
    data[end - 2 : end] = b"\xff\xd9"
    return bytes(data)


def test_a_jpeg_that_ends_early_is_refused() -> None:
    error = refused(jpeg_strips_cut_short(compression="jpeg"))
    assert error.reason == "corrupt"
    assert "end early" in error.detail


def test_a_jpeg_that_ends_early_is_refused_where_strips_share_their_tables() -> None:
    # libtiff writes the tables apart.
    data = bytearray(save(np.tile(RGB, (8, 8, 1)), "TIFF", compression="jpeg"))
    page = tifffile.TiffFile(io.BytesIO(bytes(data))).pages.first
    assert page.jpegtables
    assert read_image(bytes(data)).width == 8 * RGB.shape[1]
    end = page.dataoffsets[0] + page.databytecounts[0]
    data[end - 60 : end - 2] = b"\xff\xd9" * 29
    assert refused(bytes(data)).reason == "corrupt"


def test_cmyk() -> None:
    ink = Image.fromarray(RGB).convert("CMYK")
    np.testing.assert_array_equal(pixels_of(read_image(save(ink, "TIFF"))), RGB)


# === Grey ===


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "u2", "u4", "f4", "f8"])
def test_signed_deep_and_float_grey_is_stretched(dtype: str) -> None:
    values = (GREY.astype(int) - 128).astype(dtype) if dtype[0] == "i" else DEEP.astype(dtype)
    np.testing.assert_array_equal(pixels_of(read_image(tiff(values))), stretch(values))


def test_grey_of_8_bits_is_kept_as_it_is() -> None:
    dark = GREY // 4
    np.testing.assert_array_equal(pixels_of(read_image(tiff(dark))), dark)
    inverted = tiff(dark, photometric="miniswhite")
    np.testing.assert_array_equal(pixels_of(read_image(inverted)), 255 - dark)


# === What is refused ===

REFUSED = {
    "rgb_of_two_samples": (changed(tiff(RGB, photometric="rgb"), 277, 2), "corrupt"),
    "width_too_small": (changed(tiff(RGB, photometric="rgb"), 256, 20), "corrupt"),
    "length_too_great": (changed(tiff(RGB, photometric="rgb"), 257, 99), "corrupt"),
    "half": (tiff(RGB, photometric="rgb")[:700], "truncated"),
    "lzw_of_other_bytes": (
        (lambda data: data[:-60] + bytes(60))(tiff(RGB, photometric="rgb", compression="lzw")),
        "corrupt",
    ),
    "fax": (save(GREY > 99, "TIFF", compression="group4"), "unsupported"),
    "lab": (changed(tiff(RGB, photometric="rgb"), 262, 8), "unsupported"),
    "complex": (tiff(GREY.astype(np.complex64)), "unsupported"),
    "compression_unknown": (changed(tiff(RGB, photometric="rgb"), 259, 12345), "unsupported"),
    "bomb": (changed(changed(tiff(GREY), 256, 60_000), 257, 60_000), "too_large"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_carry_their_reason(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason


DEEP_RGB = RGB.astype(np.uint16) << 8


@pytest.mark.parametrize("planar", [0, 3])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_a_planar_configuration_that_does_not_exist_is_refused(
    planar: int, compression: str | None
) -> None:
    error = refused(changed(tiff(RGB, photometric="rgb", compression=compression), 284, planar))
    assert error.reason == "corrupt"
    assert f"(284) must be 1 or 2. Received: {planar}" in error.detail


@pytest.mark.parametrize("compression", ["jpeg", "jpeg2000", "jpegxl", "lerc"])
def test_a_picture_of_fewer_bits_than_its_tiff_is_refused(compression: str) -> None:
    error = refused(changed(tiff(GREY, compression=compression), 258, 16))
    assert error.reason == "corrupt"
    assert "samples of 16 bits, unsigned, and the picture in it 8 bits" in error.detail


@pytest.mark.parametrize("compression", ["jpeg2000", "jpegxl", "lerc"])
def test_a_picture_of_more_bits_than_its_tiff_is_refused(compression: str) -> None:
    error = refused(changed(tiff(DEEP, compression=compression), 258, 8))
    assert error.reason == "corrupt"
    assert "samples of 8 bits, unsigned, and the picture in it 16 bits" in error.detail


def test_12_bits_in_a_picture_whose_tiff_says_16_are_stretched_alone_for_grey() -> None:
    options = {"compression": "jpeg2000", "compressionargs": {"bitspersample": 12, "level": 0}}
    grey, colour = tiff(DEEP >> 4, **options), tiff(DEEP_RGB >> 4, photometric="rgb", **options)
    np.testing.assert_array_equal(pixels_of(read_image(colour)), RGB)
    found = read_image(changed(grey, 258, 16))
    np.testing.assert_array_equal(pixels_of(found), stretch(DEEP >> 4))
    assert refused(changed(colour, 258, 16)).reason == "corrupt"


@pytest.mark.parametrize("compression", ["lzw", "lzma", "zlib", "zstd", "packbits", "lerc"])
@pytest.mark.parametrize(("tag", "value"), [(256, GREY.shape[1] // 2), (258, 8)])
def test_more_bytes_than_the_size_makes_are_refused(compression: str, tag: int, value: int) -> None:
    assert refused(changed(tiff(DEEP, compression=compression), tag, value)).reason == "corrupt"


def test_the_last_strip_may_be_as_long_as_the_others() -> None:
    padded = np.vstack([GREY, np.zeros_like(GREY[:8])])  # 24 rows in strips of 12
    data = tiff(padded, compression="lzw", rowsperstrip=12)
    np.testing.assert_array_equal(pixels_of(read_image(changed(data, 257, 16))), GREY)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (tiff(GREY, compression="lerc", compressionargs={"compression": "deflate"}), "Deflate"),
        (tiff(GREY, compression="lerc", compressionargs={"compression": "zstd"}), "Zstandard"),
        (tiff(GREY, compression="jpeg", compressionargs={"lossless": True}), "FFC3 with 8 bits"),
        (tiff(DEEP >> 4, compression="jpeg", compressionargs={"bitspersample": 12}), "12 bits"),
        (
            tiff(
                DEEP_RGB >> 4,
                photometric="rgb", compression="jpeg", compressionargs={"bitspersample": 12},
            ),
            "12 bits",
        ),
        (changed(tiff(GREY, compression="lzw", predictor=True), 317, 9), r"predictor (317) is 9"),
        (changed(tiff(RGB, photometric="rgb"), 262, 6), "YCbCr, subsampled, without JPEG"),
        (
            changed(changed(tiff(RGB, photometric="rgb"), 262, 6), 279, RGB.size // 2),
            "YCbCr, subsampled, without JPEG",
        ),
    ],
)  # fmt: skip
def test_what_is_valid_and_has_no_decoder_is_unsupported(data: bytes, named: str) -> None:
    error = refused(data)
    assert error.reason == "unsupported"
    assert named in error.detail
    assert error.detail.endswith("convert it to PNG")


def test_a_compression_that_can_not_be_read_is_named() -> None:
    assert "CCITT" in refused(REFUSED["fax"][0]).detail


WITHOUT = """
import sys
sys.modules["imagecodecs"] = None
from components.imaging.images import read_image
print(read_image(sys.stdin.buffer.read()).format)
"""


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", None, "tiff_adobe_deflate"])
def test_without_imagecodecs_the_remedy_is_to_install_it(compression: str | None) -> None:
    data = save(RGB, "TIFF", compression=compression)
    run = subprocess.run([sys.executable, "-c", WITHOUT], input=data, capture_output=True)
    if compression in (None, "tiff_adobe_deflate"):
        assert run.stdout == b"TIFF\n"
    else:
        assert b"unsupported: " in run.stderr
        assert b"pip install imagecodecs" in run.stderr


def test_nothing_reaches_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    for data, _ in REFUSED.values():
        refused(data)
    assert capfd.readouterr().err == ""


def test_tiles_that_are_larger_than_a_picture_may_be_are_refused() -> None:
    data = tiff(BIG, photometric="rgb", tile=(16, 16), compression="zlib")
    data = changed(changed(data, 322, 60_000), 323, 60_000)
    assert refused(data).reason == "too_large"
