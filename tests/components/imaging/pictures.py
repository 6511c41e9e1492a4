"""Small pictures in every format, named by their content, for the tests of reading images."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from components.imaging.images import ReadImage, UnreadableImage, read_image

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


# === What becomes of them ===


def pixels_of(image: ReadImage) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.encoded)))


def refused(data: bytes, **options: Any) -> UnreadableImage:
    with pytest.raises(UnreadableImage) as caught:
        read_image(data, **options)
    assert len(caught.value.detail) > 20
    return caught.value
