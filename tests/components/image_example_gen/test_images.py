"""Every kind of image file to canonical bytes: pixel values, refusals, TensorFlow's opinion."""

import io
import logging
import os
import pickle
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageFile, PngImagePlugin

from components.image_example_gen.images import (
    MAX_SIDE,
    ReadImage,
    UnreadableImage,
    is_image_name,
    read_image,
    stretch,
)

# === The pictures: not square, no symmetry, so that any turn or flip shows ===

HEIGHT, WIDTH = 16, 24
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH]
GREY = (X * 9 + Y * 2).astype(np.uint8)  # 0..237
RGB = np.stack([GREY, Y * 15, 255 - X * 10], -1).astype(np.uint8)
DEEP = (GREY.astype(np.uint16) * 16) + 100  # 12 bits of 16
ALPHA = (X * 10).astype(np.uint8)


def save(pixels: np.ndarray | Image.Image, kind: str, mode: str = "", **options: object) -> bytes:
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    buffer = io.BytesIO()
    (image.convert(mode) if mode else image).save(buffer, kind, **options)
    return buffer.getvalue()


def pixels_of(image: ReadImage) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.encoded)))


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(rows: bytes, depth: int = 8, colour: int = 0, lace: int = 0, **chunks: bytes) -> bytes:
    """A PNG from filtered rows, with further chunks before the pixel data."""
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, colour, 0, 0, lace)
    extra = b"".join(chunk(name.encode(), body) for name, body in chunks.items())
    data = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND")
    return b"\x89PNG\r\n\x1a\n" + data


def rows(pixels: np.ndarray) -> bytes:
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def interlaced(pixels: np.ndarray) -> bytes:
    """Rows of the seven passes of Adam7."""
    steps = ["0088", "4088", "0448", "2044", "0224", "1022", "0112"]
    places = [[int(digit) for digit in step] for step in steps]
    return b"".join(rows(pixels[top::down, left::right]) for left, top, right, down in places)


def exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


TEXT = PngImagePlugin.PngInfo()
TEXT.add_text("Comment", "made by hand")

# === The catalogue: FORMAT_bits_colour_peculiarity ===

PASS = {
    "PNG_8_grey": save(GREY, "PNG"),
    "PNG_8_grey_interlaced": png(interlaced(GREY), lace=1),
    "PNG_8_rgb": save(RGB, "PNG"),
    "PNG_8_rgb_interlaced": png(interlaced(RGB), colour=2, lace=1),
    "PNG_8_rgb_text_gamma_profile": save(RGB, "PNG", pnginfo=TEXT, icc_profile=b"not a profile"),
    "PNG_8_grey_upright": save(GREY, "PNG", exif=exif(1)),
    "PNG_8_grey_trailing": save(GREY, "PNG") + b"garbage" * 100,
    "JPEG_8_grey": save(GREY, "JPEG"),
    "JPEG_8_ycc_444": save(RGB, "JPEG", subsampling=0),
    "JPEG_8_ycc_420": save(RGB, "JPEG", subsampling=2),
    "JPEG_8_ycc_411": save(RGB, "JPEG", subsampling="4:1:1"),
    "JPEG_8_ycc_progressive": save(RGB, "JPEG", progressive=True),
    "JPEG_8_ycc_restart": save(RGB, "JPEG", restart_marker_blocks=1),
    "JPEG_8_rgb": save(RGB, "JPEG", keep_rgb=True),
    "JPEG_8_ycc_upright": save(RGB, "JPEG", exif=exif(1), icc_profile=b"not a profile"),
    "JPEG_8_ycc_trailing": save(RGB, "JPEG") + b"garbage" * 100,
    "JPEG_8_ycc_multi_picture": save(
        RGB, "MPO", save_all=True, append_images=[Image.fromarray(GREY)]
    ),
}
TO_GREY = {  # all of them show GREY
    "PNG_8_grey_alpha": save(Image.merge("LA", [Image.fromarray(a) for a in (GREY, ALPHA)]), "PNG"),
    "PNG_8_grey_transparent": save(GREY, "PNG", transparency=7),
    "PNG_8_grey_animated": save(
        GREY, "PNG", save_all=True, append_images=[Image.fromarray(255 - GREY)]
    ),
    "PNG_8_grey_bad_annotation": save(GREY, "PNG", pnginfo=TEXT).replace(b"by hand", b"by Hand"),
    "PNG_8_grey_long_annotation": png(rows(GREY), tEXt=b"Comment\0" + b"!" * 2_000_000),
    "PNG_8_grey_text_bomb": png(rows(GREY), zTXt=b"A\0\0" + zlib.compress(bytes(100_000_000))),
    "PNG_8_grey_surplus_rows": png(rows(GREY) + bytes(1000)),
    "BMP_8": save(GREY, "BMP"),
    "TIFF_8_grey": save(GREY, "TIFF"),
    "TIFF_8_grey_lzw": save(GREY, "TIFF", compression="tiff_lzw"),
    "TIFF_8_grey_pages": save(
        GREY, "TIFF", save_all=True, append_images=[Image.fromarray(255 - GREY)]
    ),
    "GIF_8_grey": save(GREY, "GIF"),
    "GIF_8_grey_animated": save(
        GREY, "GIF", save_all=True, append_images=[Image.fromarray(255 - GREY)]
    ),
}
TO_RGB = {  # all of them show RGB
    "PNG_8_rgb_alpha": save(np.dstack([RGB, ALPHA]), "PNG"),
    "PNG_8_rgb_transparent": save(RGB, "PNG", transparency=(0, 0, 255)),
    "PNG_16_rgb": png(rows((RGB.astype(np.uint16) * 256 + 77).astype(">u2")), depth=16, colour=2),
    "BMP_24": save(RGB, "BMP"),
    "BMP_32_alpha": save(np.dstack([RGB, ALPHA]), "BMP"),
    "TIFF_8_rgb": save(RGB, "TIFF"),
    "TIFF_8_rgb_deflate": save(RGB, "TIFF", compression="tiff_adobe_deflate"),
    "TIFF_8_rgb_big": save(RGB, "TIFF", big_tiff=True),
    "TIFF_8_rgb_alpha": save(np.dstack([RGB, ALPHA]), "TIFF"),
    "WEBP_8_rgb": save(RGB, "WEBP", lossless=True),
    "WEBP_8_rgb_alpha": save(np.dstack([RGB, ALPHA]), "WEBP", lossless=True, exact=True),
    "WEBP_8_rgb_animated": save(
        RGB, "WEBP", lossless=True, save_all=True, append_images=[Image.fromarray(255 - RGB)]
    ),
}
TO_STRETCHED = {  # all of them show DEEP, stretched
    "PNG_16_grey": save(DEEP, "PNG"),
    "TIFF_16_grey": save(DEEP, "TIFF"),
    "TIFF_16_grey_lzw": save(DEEP, "TIFF", compression="tiff_lzw"),
    "TIFF_16_grey_white_is_zero": save(4095 - DEEP, "TIFF", tiffinfo={262: 0}),
    "TIFF_16_grey_signed": save(DEEP.astype(np.int32) - 2048, "TIFF"),
    "TIFF_32_grey": save(DEEP.astype(np.int32) * 100_000, "TIFF"),
    "TIFF_32_grey_unsigned": save(  # above 2**31, where Pillow's signed values wrap
        (DEEP.astype(np.uint32) * 1_000_000).view(np.int32), "TIFF"
    ).replace(struct.pack("<HHIHH", 339, 3, 1, 2, 0), struct.pack("<HHIHH", 339, 3, 1, 1, 0)),
    "TIFF_float": save(DEEP.astype(np.float32) / 1000 - 1, "TIFF"),
}
CATALOGUE = {**PASS, **TO_GREY, **TO_RGB, **TO_STRETCHED}


def by_name(files: dict[str, bytes]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("data", list(files.values()), ids=list(files))


# === Pixel values ===


@by_name(PASS)
def test_plain_files_pass_byte_for_byte(data: bytes) -> None:
    image = read_image(data)
    assert image.encoded == data
    assert image.format == ("PNG" if data.startswith(b"\x89PNG") else "JPEG")
    assert (image.width, image.height) == (WIDTH, HEIGHT)
    assert image.tags == {}
    assert image.patient_id is None


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
    options = {"lossless": True} if kind == "WEBP" else {}
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
    assert read_image(data).encoded == data


def test_deep_pictures_are_turned_too() -> None:
    upright = pixels_of(read_image(save(DEEP, "PNG")))
    turned = read_image(save(np.rot90(DEEP).copy(), "PNG", exif=exif(6)))
    np.testing.assert_array_equal(pixels_of(turned), upright)


def test_mean_and_std_are_of_the_luma() -> None:
    image = read_image(save(GREY, "PNG"))
    assert image.mean == pytest.approx(GREY.mean())
    assert image.std == pytest.approx(GREY.std())
    red = read_image(save(np.full((16, 16, 3), (255, 0, 0), np.uint8), "PNG"))
    assert (red.mean, red.std) == (76, 0)  # ITU-R 601: 0.299 of red


def test_metadata_of_converted_files_is_gone() -> None:
    data = save(np.dstack([RGB, ALPHA]), "PNG", pnginfo=TEXT, icc_profile=b"not a profile")
    assert set(Image.open(io.BytesIO(read_image(data).encoded)).info) == set()


def test_stretch() -> None:
    ramp = np.arange(1000, dtype=np.uint16)
    assert stretch(ramp)[[0, 4, 499, 995, 999]].tolist() == [0, 0, 127, 255, 255]
    assert stretch(ramp, inverted=True)[[0, 999]].tolist() == [255, 0]
    assert stretch(np.full((9, 9), 4095, np.uint16)).max() == 0  # constant: no division by zero
    mask = np.zeros(1000, np.int16)
    mask[7] = 500  # rarer than 0.5 %: the extremes count
    assert stretch(mask)[[6, 7]].tolist() == [0, 255]
    hot = np.append(ramp, 65535).astype(np.uint16)
    assert stretch(hot)[500] > 120  # one hot pixel does not make the rest black


# === Refusals ===


def refused(data: bytes, **options: int) -> UnreadableImage:
    with pytest.raises(UnreadableImage) as caught:
        read_image(data, **options)
    assert len(caught.value.detail) > 20
    return caught.value


REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"patient;age\n1;45\n", "not_an_image"),
    "pdf": (b"%PDF-1.7 " + bytes(500), "not_an_image"),
    "zip": (b"PK\3\4" + bytes(500), "not_an_image"),
    "zeros": (bytes(5000), "not_an_image"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(500), "unsupported"),
    "jpeg_2000": (save(RGB, "JPEG2000"), "unsupported"),
    "png_7_rows": (save(GREY[:7], "PNG"), "too_small"),
    "jpeg_7_columns": (save(GREY[:, :7], "JPEG"), "too_small"),
    "png_signature_only": (b"\x89PNG\r\n\x1a\n", "truncated"),
    "png_without_end": (save(GREY, "PNG")[:-12], "truncated"),
    "png_rows_missing": (png(rows(GREY)[:-30]), "truncated"),
    "png_rows_missing_interlaced": (png(interlaced(GREY)[:-30], lace=1), "truncated"),
    "png_bit_rot": (save(GREY, "PNG").replace(b"IDAT", b"IDAT\0", 1)[:-1], "corrupt"),
    "png_filter_unknown": (png(b"\x09" + rows(GREY)[1:]), "corrupt"),
    "jpeg_without_end": (save(RGB, "JPEG")[:-2], "truncated"),
    "jpeg_12_bit": (save(RGB, "JPEG").replace(b"\x11\x08\0\x10", b"\x11\x0c\0\x10"), "unsupported"),
    "gif_half": (save(GREY, "GIF")[:900], "truncated"),
    "bmp_half": (save(RGB, "BMP")[:600], "truncated"),
    "tiff_half": (save(RGB, "TIFF")[:600], "truncated"),
    "webp_half": (save(RGB, "WEBP", lossless=True)[:40], "corrupt"),
    "tiff_nan": (save(np.full((16, 16), np.nan, np.float32), "TIFF"), "corrupt"),
    "tiff_inf": (save(np.full((16, 16), np.inf, np.float32), "TIFF"), "corrupt"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_carry_their_reason(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason


@pytest.mark.parametrize("name", ["PNG_8_grey", "PNG_8_rgb", "JPEG_8_ycc_444", "JPEG_8_grey"])
def test_no_truncated_file_passes(name: str) -> None:
    data = PASS[name]
    for length in range(1, len(data), 7):
        refused(data[:length])


def test_flipped_bits_in_png_pixels_are_noticed() -> None:
    data = bytearray(save(GREY, "PNG"))
    for place in range(data.index(b"IDAT") + 4, len(data) - 12, 5):
        damaged = data.copy()
        damaged[place] ^= 4
        assert refused(bytes(damaged)).reason == "corrupt"


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


def test_jpeg_with_a_bomb_of_scans_is_refused() -> None:
    data = save(RGB, "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert refused(data[:last] + data[last:-2] * 200 + data[-2:]).reason == "unsupported"


def test_error_survives_a_worker() -> None:
    error = pickle.loads(pickle.dumps(refused(b"")))
    assert (error.reason, str(error)) == ("empty", f"empty: {error.detail}")


# === Manners ===


def test_nothing_global_is_left_behind(recwarn: pytest.WarningsRecorder) -> None:
    before = list(warnings.filters), Image.MAX_IMAGE_PIXELS
    noisy = save(Image.fromarray(RGB).quantize(16), "PNG", transparency=bytes(range(16)))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read_image, [noisy, *CATALOGUE.values()] * 5))
    assert (list(warnings.filters), Image.MAX_IMAGE_PIXELS) == before
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    assert not logging.getLogger("pydicom").disabled
    assert not recwarn.list


def test_import_is_light() -> None:
    code = (
        "import sys, components.image_example_gen.images; "
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
