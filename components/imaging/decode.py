"""Every format but DICOM to a decoded picture, by Pillow."""

from __future__ import annotations

import io

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from components.imaging.canonical import orientation
from components.imaging.jpeg import check_jpeg
from components.imaging.png import check_png
from components.imaging.size import check_size

# The plugins are called directly: `Image.open` judges large images by a global setting.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "WEBP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
}


def decode(kind: str, data: bytes, max_pixels: int) -> tuple[Image.Image, bool]:
    """Decodes the first picture completely, and says whether the bytes may pass as they are.

    Args:
        kind: the format, as ``signature.sniff`` names it.
        data: the whole file.
        max_pixels: refuse above this many (width x height), before decoding.

    Raises:
        UnreadableImage: 'truncated', 'corrupt', 'unsupported', 'too_small', 'too_large'.
        Exception: whatever Pillow raises on broken data.
    """
    as_is, source = False, data
    if kind == "PNG":
        as_is, source = check_png(data, max_pixels)
    image = _PLUGINS[kind](io.BytesIO(source))
    check_size(*image.size, max_pixels)
    if kind == "JPEG":
        as_is = check_jpeg(data)
    image.load()
    return image, as_is and image.mode in ("L", "RGB") and orientation(image) == 1
