"""Whether the tags of a TIFF agree, and say what can be read here: TIFF 6.0, sections 3 to 8."""

from typing import Any

from tifffile import TiffPage

from components.imaging.size import check_size
from components.imaging.tiff.tags import (
    FLOAT,
    GREY,
    JPEG,
    LERC,
    READABLE,
    RGB,
    SAMPLES,
    SIGNED,
    UNSIGNED,
    YCBCR,
    unsupported,
)
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

_LERC_OUTSIDE = {1: "Deflate", 2: "Zstandard"}  # second of LERC Parameters (50674)
_PREDICTORS = (1, 2, 3)  # none, horizontal, of floats
_MAX_SAMPLES = 8  # per pixel, with those that are dropped


def check_layout(page: TiffPage, max_pixels: int) -> None:
    """Refuses tags that contradict each other, or that can't be read here.

    Args:
        page: of the picture.
        max_pixels: of the picture, and of a tile, at most.

    Raises:
        UnreadableImage: 'corrupt', 'unsupported', 'too_small', 'too_large'.
    """
    _check_size(page, max_pixels)
    _check_colours(page)
    _check_coding(page)
    _check_samples(page)


def _check_size(page: TiffPage, max_pixels: int) -> None:
    if not page.imagewidth or not page.imagelength:
        raise UnreadableImage("corrupt", f"the TIFF names no width or height; {COPY_AGAIN}")
    check_size(page.imagewidth, page.imagelength, max_pixels)
    if page.is_tiled:  # a tile may be larger than the picture, and is decoded as a whole
        check_size(page.tilewidth, page.tilelength, max_pixels)


def _check_colours(page: TiffPage) -> None:
    compression, photometric = int(page.compression), int(page.photometric)
    if compression not in READABLE:
        name = getattr(page.compression, "name", "")
        raise unsupported(f"its compression is {name or compression} ({compression})")
    if photometric not in SAMPLES or page.imagedepth != 1:
        name = getattr(page.photometric, "name", photometric)
        raise unsupported(f"its colours are {name}, its depth {page.imagedepth}")
    due, extra = SAMPLES[photometric], len(page.extrasamples)
    if photometric == RGB and page.samplesperpixel == 4:
        extra = 1  # alpha, which many writers do not declare
    if page.samplesperpixel - extra != due:
        raise UnreadableImage(
            "corrupt",
            f"Photometric Interpretation (262) is {photometric} with {due} samples, and "
            f"Samples Per Pixel (277) is {page.samplesperpixel} with {extra} extra; save it again",
        )
    if page.samplesperpixel > 1 and page.planarconfig not in (1, 2):
        raise UnreadableImage(
            "corrupt",
            f"Planar Configuration (284) must be 1 or 2. Received: {page.planarconfig}; save it "
            "again",
        )


def _check_coding(page: TiffPage) -> None:
    """Refuses what is valid and has no decoder here."""
    lerc = page.tags.valueof(50674, (0, 0))
    if page.compression == LERC and lerc[1:2] != (0,):
        name = _LERC_OUTSIDE.get(lerc[1], lerc[1])
        raise unsupported(f"its compression is LERC (34887), and {name} on top of it")
    if page.predictor not in _PREDICTORS:
        raise unsupported(f"its predictor (317) is {int(page.predictor)}")
    if page.photometric == YCBCR and page.is_subsampled and page.compression != JPEG:
        raise unsupported("its colours are YCbCr, subsampled, without JPEG")


def _check_samples(page: TiffPage) -> None:
    coloured = page.photometric not in GREY
    bits: Any = page.bitspersample  # a tuple where samples differ
    kind = int(page.sampleformat)
    alike = isinstance(bits, int) and page.dtype is not None
    kinds = (UNSIGNED,) if coloured else (UNSIGNED, SIGNED, FLOAT)
    deep_enough = not coloured or page.samplesperpixel < 3 or (alike and bits >= 8)
    if not (alike and deep_enough and kind in kinds and page.samplesperpixel <= _MAX_SAMPLES):
        raise unsupported(
            f"it has {page.samplesperpixel} samples of {bits} bits in sample format {kind}"
        )
