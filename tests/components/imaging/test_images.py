"""Every kind of image file to canonical bytes: pixel values, TensorFlow's opinion, manners."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from components.imaging.images import is_image_name, read_image
from tests.components.imaging.pictures import (
    CATALOGUE,
    DEEP,
    GREY,
    HEIGHT,
    PASS,
    RGB,
    TO_GREY,
    TO_RGB,
    TO_STRETCHED,
    WIDTH,
    by_name,
    pixels_of,
    save,
)

# === Pixel values ===


@by_name(PASS)
def test_plain_files_pass_byte_for_byte_if_annotations_are_wanted(data: bytes) -> None:
    image = read_image(data, keep_metadata=True)
    assert image.encoded == data
    assert image.format == ("PNG" if data.startswith(b"\x89PNG") else "JPEG")
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert image.tags == {}
    assert image.patient_id is None


@by_name(PASS)
def test_without_annotations_the_pixels_are_the_same(data: bytes) -> None:
    image = read_image(data)
    assert len(image.encoded) <= len(data)
    np.testing.assert_array_equal(pixels_of(image), pixels_of(read_image(data, keep_metadata=True)))


@by_name(TO_GREY)
def test_grey_is_kept(data: bytes) -> None:
    shown = pixels_of(read_image(data))
    np.testing.assert_array_equal(shown if shown.ndim == 2 else shown[..., 0], GREY)


@by_name(TO_RGB)
def test_colours_are_kept(data: bytes) -> None:
    np.testing.assert_array_equal(pixels_of(read_image(data)), RGB)


@by_name(TO_STRETCHED)
def test_deep_grey_is_stretched(data: bytes) -> None:
    low, high = DEEP.min() + 2 * 16, DEEP.max()  # 0.5 % of 384 pixels is one or two of them
    expected = np.clip((DEEP.astype(float) - low) / (high - low), 0, 1) * 255
    shown = pixels_of(read_image(data))
    assert shown.dtype == np.uint8
    assert (shown.min(), shown.max()) == (0, 255)
    np.testing.assert_allclose(shown, expected, atol=4)


def test_format_is_that_of_the_file() -> None:
    for name, data in CATALOGUE.items():
        assert read_image(data).format == name.split("_")[0]


def test_mean_and_std_are_of_the_luma() -> None:
    image = read_image(save(GREY, "PNG"))
    assert image.mean == pytest.approx(GREY.mean())
    assert image.std == pytest.approx(GREY.std())
    red = read_image(save(np.full((16, 16, 3), (255, 0, 0), np.uint8), "PNG"))
    assert (red.mean, red.std) == (76, 0)  # ITU-R 601: 0.299 of red


# === Manners ===


def test_import_is_light() -> None:
    code = (
        "import sys, components.imaging.images; "
        "assert not {'tensorflow', 'tfx', 'pydicom', 'gdcm'} & set(sys.modules)"
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.png", True),
        ("a.b.JPG", True),
        ("x/y.Dcm", True),
        ("scan.dicom", True),
        ("a.tif", True),
        ("IM0001", False),
        ("png", False),
        ("a.png.txt", False),
        ("Thumbs.db", False),
    ],
)
def test_image_names(name: str, expected: bool) -> None:
    assert is_image_name(name) is expected


# === Agreement with TensorFlow ===


@by_name(CATALOGUE)
def test_tensorflow_decodes_the_same(data: bytes) -> None:
    import tensorflow as tf

    image = read_image(data)
    decoded = tf.io.decode_image(image.encoded, channels=3, expand_animations=False).numpy()
    assert decoded.shape == (image.height, image.width, 3)
    ours = np.asarray(Image.open(io.BytesIO(image.encoded)).convert("RGB")).astype(int)
    # JPEG decoders may round differently; PNG leaves no choice.
    tolerance = 0 if image.encoded.startswith(b"\x89PNG") else 8
    assert np.abs(decoded - ours).max() <= tolerance
