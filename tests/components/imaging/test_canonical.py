"""Decoded pictures to canonical ones: modes, orientation, no metadata."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from components.imaging.images import read_image
from tests.components.imaging.pictures import (
    ALPHA,
    DEEP,
    GREY,
    HEIGHT,
    RGB,
    TEXT,
    WIDTH,
    exif,
    pixels_of,
    save,
)

# === Modes ===


def test_palette_and_one_bit() -> None:
    palette = Image.fromarray(RGB).quantize(16)
    for kind in ("PNG", "GIF", "BMP", "TIFF"):
        shown = pixels_of(read_image(save(palette, kind)))
        np.testing.assert_array_equal(shown, np.asarray(palette.convert("RGB")))
        bits = pixels_of(read_image(save(GREY > 99, kind)))
        np.testing.assert_array_equal(bits if bits.ndim == 2 else bits[..., 0], (GREY > 99) * 255)


@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 255, 255, 0), (255, 0, 0)),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((255, 0, 0, 102), (0, 153, 153)),
    ],
)
def test_cmyk_jpeg_is_not_a_negative(ink: tuple[int, ...], colour: tuple[int, ...]) -> None:
    image = read_image(save(Image.new("CMYK", (16, 16), ink), "JPEG", quality=100))
    np.testing.assert_allclose(pixels_of(image)[8, 8], colour, atol=2)


def test_metadata_of_converted_files_is_gone() -> None:
    data = save(np.dstack([RGB, ALPHA]), "PNG", pnginfo=TEXT, icc_profile=b"not a profile")
    assert set(Image.open(io.BytesIO(read_image(data).encoded)).info) == set()


# === Orientation ===

STORED = {  # how a camera stores the upright picture under each EXIF orientation
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_pictures_come_out_upright(kind: str, orientation: int) -> None:
    stored = np.ascontiguousarray(STORED[orientation](RGB))
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    image = read_image(save(stored, kind, exif=exif(orientation), **options))
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    np.testing.assert_array_equal(pixels_of(image), RGB)


@pytest.mark.parametrize("orientation", [2, 3, 4, 5, 6, 7, 8])
def test_turned_jpeg_is_decoded_once_and_kept(orientation: int) -> None:
    stored = np.ascontiguousarray(STORED[orientation](RGB))
    data = save(stored, "JPEG", exif=exif(orientation))
    decoded = np.asarray(Image.open(io.BytesIO(data)))
    shown = pixels_of(read_image(data))
    np.testing.assert_array_equal(STORED[orientation](shown), decoded)


@pytest.mark.parametrize("value", [0, 9, 99])
def test_senseless_orientation_is_none(value: int) -> None:
    data = save(RGB, "JPEG", exif=exif(value))
    assert read_image(data, keep_metadata=True).encoded == data


def test_deep_pictures_are_turned_too() -> None:
    upright = pixels_of(read_image(save(DEEP, "PNG")))
    turned = read_image(save(np.rot90(DEEP).copy(), "PNG", exif=exif(6)))
    np.testing.assert_array_equal(pixels_of(turned), upright)
