"""Every format but DICOM and TIFF to a decoded picture."""

from __future__ import annotations

import io

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from components.imaging.canonical import orientation
from components.imaging.jpeg import check_jpeg, decode_whole, jpeg_header
from components.imaging.png import check_png
from components.imaging.size import check_size

# The plugins are called directly: `Image.open` judges large images by a global setting.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}


def decode(kind: str, data: bytes, max_pixels: int) -> tuple[Image.Image, int, bool]:
    """Decodes the first picture completely.

    Args:
        kind: the format, as ``signature.sniff`` names it.
        data: the whole file.
        max_pixels: refuse above this many (width x height), before decoding.

    Returns:
        The picture, its EXIF orientation (1..8), and whether the bytes may pass as they are.

    Raises:
        UnreadableImage: 'truncated', 'corrupt', 'unsupported', 'too_small', 'too_large'.
        Exception: whatever Pillow raises on broken data.
    """
    as_is, source = False, data
    if kind == "PNG":
        as_is, source = check_png(data, max_pixels)
    image: Image.Image = _PLUGINS[kind](io.BytesIO(source))
    check_size(*image.size, max_pixels)
    if kind == "JPEG":
        header = jpeg_header(data)
        as_is = check_jpeg(header)
        pixels, turn = decode_whole(data, header.components), orientation(image)
        if pixels.shape[-1] != 4:  # Pillow knows how the values of CMYK are stored
            image = Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels)
        image.load()
    else:
        image.load()  # first: to look for EXIF in a PNG loads it as well, and hides what fails
        turn = orientation(image)
    return image, turn, as_is and image.mode in ("L", "RGB") and turn == 1
