"""The limits of width and height, and files that lie about them."""

import struct

import numpy as np
import pytest

from components.imaging.images import read_image
from components.imaging.size import MAX_SIDE
from tests.components.imaging.pictures import (
    GREY,
    HEIGHT,
    RGB,
    WIDTH,
    by_name,
    chunk,
    refused,
    save,
)


@pytest.mark.parametrize("pixels", [GREY[:7], GREY[:, :7]], ids=["7_rows", "7_columns"])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_icons_are_refused(kind: str, pixels: np.ndarray) -> None:
    assert refused(save(pixels, kind)).reason == "too_small"


def bombs() -> dict[str, bytes]:
    """Files of a few kilobytes that claim a gigapixel, by their header alone."""
    huge = struct.pack(">II", 60_000, 60_000)
    bare_png = save(GREY, "PNG")
    bmp, gif, tiff, jpeg = (save(RGB, kind) for kind in ("BMP", "GIF", "TIFF", "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    webp = save(RGB, "WEBP", lossless=True)
    return {
        "PNG": bare_png[:8] + chunk(b"IHDR", huge + bare_png[24:29]) + bare_png[33:],
        "BMP": bmp[:18] + struct.pack("<ii", 60_000, 60_000) + bmp[26:],
        "GIF": gif[:6] + struct.pack("<HH", 60_000, 60_000) + gif[10:],
        "TIFF": tiff.replace(
            struct.pack("<HHII", 256, 4, 1, WIDTH), struct.pack("<HHII", 256, 4, 1, 1 << 30)
        ).replace(
            struct.pack("<HHIHH", 256, 3, 1, WIDTH, 0), struct.pack("<HHII", 256, 4, 1, 1 << 30)
        ),
        "JPEG": jpeg[: frame + 5] + struct.pack(">HH", 60_000, 60_000) + jpeg[frame + 9 :],
        "WEBP": webp[:21] + b"\xff\xff\xff\x0f" + webp[25:],  # 2 x 14 bits
    }


@by_name(bombs())
def test_bombs_are_refused_by_their_header(data: bytes) -> None:
    assert refused(data).reason == "too_large"


def test_pixel_limit_is_exact_and_explained() -> None:
    data = save(RGB, "PNG")
    assert read_image(data, max_pixels=WIDTH * HEIGHT).width == WIDTH
    error = refused(data, max_pixels=WIDTH * HEIGHT - 1)
    assert error.reason == "too_large"
    assert "24 x 16" in error.detail
    assert "max_pixels" in error.detail


def test_side_limit_is_that_of_libpng() -> None:
    long = save(np.zeros((8, MAX_SIDE + 1), np.uint8), "BMP")
    assert refused(long).reason == "too_large"
