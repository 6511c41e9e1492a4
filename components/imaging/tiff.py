"""TIFF files, BigTIFF of either byte order and microscopes' compressions among them, by tifffile.

tifffile reads what is not compressed by itself; imagecodecs brings the decoders of the rest. A
layout that contradicts itself is refused: TIFF 6.0, sections 3 to 8 and 15.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tifffile import TiffFile, TiffPage

from components.imaging.embedded import Declared, declared
from components.imaging.grey import stretch, to_bytes
from components.imaging.jpeg import check_jpeg, decode_whole, jpeg_header
from components.imaging.size import check_size
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

_SAMPLES = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3}  # by Photometric Interpretation (262)
_WHITE_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 2, 3, 5, 6
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3  # Sample Format (339)
_UNCOMPRESSED = 1
_LZW, _JPEG, _LERC, _LZMA = 5, 7, 34887, 34925
_LERC_OUTSIDE = {1: "Deflate", 2: "Zstandard"}  # second of LERC Parameters (50674)
_PREDICTORS = (1, 2, 3)  # none, horizontal, of floats
# LZW, JPEG, Deflate, PackBits, JPEG 2000, LERC, LZMA, Zstandard, WebP, JPEG XL. Not CCITT (fax)
# and JPEG of before 1995: imagecodecs has no decoder, and libtiff writes to stderr.
_READABLE = frozenset(
    {_UNCOMPRESSED, _LZW, _JPEG, 8, 32773, 32946, 33003, 33004, 33005, 34712, _LERC, _LZMA, 50000,
     50001, 50002, 52546}
)  # fmt: skip
_MAX_SAMPLES = 8  # per pixel, with those that are dropped


def read_tiff(data: bytes, max_pixels: int) -> tuple[Image.Image, int]:
    """Decodes the first picture to 8 bits.

    Grey of more than 8 bits, signed or float is stretched; colours keep their high byte; samples
    beyond grey and colour are dropped.

    Args:
        data: the whole file.
        max_pixels: refuse above this many (width x height), before decoding.

    Returns:
        The picture as mode 'L' or 'RGB', and its orientation (1..8).

    Raises:
        UnreadableImage: 'truncated', 'corrupt', 'unsupported', 'too_small', 'too_large'.
    """
    try:
        with TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            assert isinstance(page, TiffPage)
            _check_size(page, max_pixels)
            _check_layout(page)
            _check_segments(page, data)
            return _picture(page), int(page.tags.valueof(274, 1))
    except (UnreadableImage, MemoryError):
        raise
    except Exception as error:  # tifffile and its decoders raise anything on broken data
        raise _refusal(error) from error


def _refusal(error: Exception) -> UnreadableImage:
    text = str(error)
    if isinstance(error, ImportError) or "imagecodecs" in text:
        return UnreadableImage(
            "unsupported", "the TIFF needs a decoder that is not installed; pip install imagecodecs"
        )
    if isinstance(error, NotImplementedError) or re.search("not (supported|understood)", text):
        return UnreadableImage(
            "unsupported", "the TIFF is of a kind that can't be read here; convert it to PNG"
        )
    return UnreadableImage("corrupt", f"the TIFF is damaged; {COPY_AGAIN}")


# === Checks before anything is decoded ===


def _check_size(page: TiffPage, max_pixels: int) -> None:
    if not page.imagewidth or not page.imagelength:
        raise UnreadableImage("corrupt", f"the TIFF names no width or height; {COPY_AGAIN}")
    check_size(page.imagewidth, page.imagelength, max_pixels)
    if page.is_tiled:  # a tile may be larger than the picture, and is decoded as a whole
        check_size(page.tilewidth, page.tilelength, max_pixels)


def _check_layout(page: TiffPage) -> None:
    compression, photometric = int(page.compression), int(page.photometric)
    if compression not in _READABLE:
        name = getattr(page.compression, "name", "")
        raise _unsupported(f"its compression is {name or compression} ({compression})")
    if photometric not in _SAMPLES or page.imagedepth != 1:
        name = getattr(page.photometric, "name", photometric)
        raise _unsupported(f"its colours are {name}, its depth {page.imagedepth}")
    due, extra = _SAMPLES[photometric], len(page.extrasamples)
    if photometric == _RGB and page.samplesperpixel == 4:
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
    _check_coding(page)
    _check_samples(page, coloured=photometric not in (0, 1))


def _check_coding(page: TiffPage) -> None:
    """Refuses what is valid and has no decoder here."""
    lerc = page.tags.valueof(50674, (0, 0))
    if page.compression == _LERC and lerc[1:2] != (0,):
        name = _LERC_OUTSIDE.get(lerc[1], lerc[1])
        raise _unsupported(f"its compression is LERC (34887), and {name} on top of it")
    if page.predictor not in _PREDICTORS:
        raise _unsupported(f"its predictor (317) is {int(page.predictor)}")
    if page.photometric == _YCBCR and page.is_subsampled and page.compression != _JPEG:
        raise _unsupported("its colours are YCbCr, subsampled, without JPEG")


def _check_samples(page: TiffPage, coloured: bool) -> None:
    bits: Any = page.bitspersample  # a tuple where samples differ
    kind = int(page.sampleformat)
    alike = isinstance(bits, int) and page.dtype is not None
    kinds = (_UNSIGNED,) if coloured else (_UNSIGNED, _SIGNED, _FLOAT)
    deep_enough = not coloured or page.samplesperpixel < 3 or (alike and bits >= 8)
    if not (alike and deep_enough and kind in kinds and page.samplesperpixel <= _MAX_SAMPLES):
        raise _unsupported(
            f"it has {page.samplesperpixel} samples of {bits} bits in sample format {kind}"
        )


def _check_segments(page: TiffPage, data: bytes) -> None:
    """Compares strips or tiles with the size of the picture and of the file."""
    offsets, counts, due = page.dataoffsets, page.databytecounts, math.prod(page.chunked)
    kind = "tiles" if page.is_tiled else "strips"
    if len(offsets) != len(counts) or len(offsets) != due:
        raise UnreadableImage(
            "corrupt",
            f"the size of the TIFF makes {due} {kind}, and it lists {len(offsets)} offsets and "
            f"{len(counts)} lengths; {COPY_AGAIN}",
        )
    if any(not count for count in counts):
        raise UnreadableImage("corrupt", f"some {kind} of the TIFF are empty; {COPY_AGAIN}")
    if any(start + count > len(data) for start, count in zip(offsets, counts, strict=True)):
        raise UnreadableImage("truncated", f"the TIFF ends before its {kind} do; {COPY_AGAIN}")
    if page.compression == _UNCOMPRESSED:
        _check_uncompressed(page, sum(counts), kind)
    else:
        places = zip(offsets, counts, strict=True)
        segments = [data[start : start + count] for start, count in places]
        _check_pictures(page, segments)
        _check_lengths(page, segments)


def _check_uncompressed(page: TiffPage, found: int, kind: str) -> None:
    planes, depth, height, width, samples = page.shaped
    if page.is_tiled:
        tiles = math.prod(page.chunked)
        row = math.ceil(page.tilewidth * samples * page.bitspersample / 8)
        due = tiles * page.tilelength * row
    else:
        due = planes * depth * height * math.ceil(width * samples * page.bitspersample / 8)
    if found != due:
        raise UnreadableImage(
            "corrupt",
            f"the size of the TIFF makes {due} bytes, and its {kind} have {found}; {COPY_AGAIN}",
        )


def _check_pictures(page: TiffPage, segments: Sequence[bytes]) -> None:
    """Compares strips or tiles that are whole pictures with their place in the TIFF."""
    height, width = page.tilelength, page.tilewidth
    if not page.is_tiled:  # a TIFF of one strip may say that it has 2^32 - 1 rows
        height, width = min(page.rowsperstrip, page.imagelength), page.imagewidth
    down, across = math.ceil(page.imagelength / height), math.ceil(page.imagewidth / width)
    samples = page.shaped[-1]
    for number, segment in enumerate(segments):
        found = declared(int(page.compression), segment)
        if found is None:
            return
        row, column = divmod(number % (down * across), across)
        least = (
            min(height, page.imagelength - row * height),
            min(width, page.imagewidth - column * width),
        )
        sized = least[0] <= found.height <= height and least[1] <= found.width <= width
        if not (sized and found.samples <= samples):
            raise UnreadableImage(
                "corrupt",
                f"a strip or tile of the TIFF has {width} x {height} pixels of {samples} samples, "
                f"and the picture in it {found.width} x {found.height} of {found.samples}; save "
                "it again",
            )
        if page.compression == _JPEG:
            _check_whole(segment, page.jpegtables)
        _check_depth(page, found)


def _check_depth(page: TiffPage, found: Declared) -> None:
    """Compares the numbers of a picture with those that the TIFF says it has.

    Grey of more than 8 bits is stretched, so that fewer bits than stated make the same picture.
    """
    bits, kind = page.bitspersample, np.dtype(page.dtype).kind
    assert isinstance(bits, int)
    stretched = page.photometric in (0, 1) and 8 < found.bits <= bits
    if found.kind != kind or not (found.bits == bits or stretched):
        names = {"u": "unsigned", "i": "signed", "f": "float"}
        raise UnreadableImage(
            "corrupt",
            f"the TIFF has samples of {bits} bits, {names.get(kind, kind)}, and the picture in it "
            f"{found.bits} bits, {names[found.kind]}; save it again",
        )


def _check_lengths(page: TiffPage, segments: Sequence[bytes]) -> None:
    """Refuses strips or tiles that hold more than their place; tifffile would cut them off.

    The last strip may be as long as the others. The other decoders refuse too much by themselves.
    """
    if page.compression not in (_LZW, _LZMA) or page.fillorder != 1:
        return
    import imagecodecs  # here: an installation may lack it

    decode = imagecodecs.lzw_decode if page.compression == _LZW else imagecodecs.lzma_decode
    height, width = page.tilelength, page.tilewidth
    if not page.is_tiled:
        height, width = min(page.rowsperstrip, page.imagelength), page.imagewidth
    assert isinstance(page.bitspersample, int)
    row = math.ceil(width * page.shaped[-1] * page.bitspersample / 8)
    down = math.ceil(page.imagelength / height)
    last = height if page.is_tiled else page.imagelength - (down - 1) * height
    for number, segment in enumerate(segments):
        rows = last if number % down == down - 1 and not page.is_tiled else height
        found = len(decode(segment, out=height * row + 1))
        if found not in (rows * row, height * row):
            raise UnreadableImage(
                "corrupt",
                f"the size of the TIFF makes {rows * row} bytes for a strip or tile, and one has "
                f"{'more' if found > rows * row else found}; save it again",
            )


def _check_whole(segment: bytes, tables: bytes | None) -> None:
    """Refuses a JPEG whose picture data end early, though it has an end marker.

    The decoder of the picture only warns of it, and fills the rest with grey.

    Args:
        segment: a strip or tile.
        tables: JPEG Tables (347), which the strips share: TIFF Technical Note 2.
    """
    whole = tables[:-2] + segment[2:] if tables else segment
    header = jpeg_header(whole)
    check_jpeg(header)
    decode_whole(whole, header.components)


# === Pixels ===


def _picture(page: TiffPage) -> Image.Image:
    pixels = _by_pixel(page)
    photometric, bits = int(page.photometric), page.bitspersample
    assert isinstance(bits, int)
    if photometric == _PALETTE:
        return Image.fromarray(_from_palette(pixels[..., 0], page))
    if photometric in (0, 1):
        return Image.fromarray(_grey(pixels[..., 0], photometric == _WHITE_IS_ZERO, page))
    eight = np.ascontiguousarray(
        pixels[..., : _SAMPLES[photometric]] >> max(bits - 8, 0), dtype=np.uint8
    )
    if photometric == _CMYK:
        return Image.fromarray(eight, "CMYK").convert("RGB")
    if photometric == _YCBCR and page.compression != _JPEG:
        return Image.fromarray(eight, "YCbCr").convert("RGB")
    return Image.fromarray(eight)


def _by_pixel(page: TiffPage) -> NDArray[Any]:
    """Values as [H, W, S], however the samples are stored."""
    values = np.asarray(page.asarray(maxworkers=1)).reshape(page.shaped)[:, 0]
    return np.concatenate(list(values), -1)


def _grey(values: NDArray[Any], inverted: bool, page: TiffPage) -> NDArray[np.uint8]:
    bits = page.bitspersample
    assert isinstance(bits, int)
    if bits <= 8 and int(page.sampleformat or 1) == _UNSIGNED:
        grey = to_bytes(values, 0, 2**bits - 1)
        return ~grey if inverted else grey
    return stretch(values, inverted)


def _from_palette(index: NDArray[Any], page: TiffPage) -> NDArray[np.uint8]:
    colours = page.colormap
    if colours is None or int(index.max()) >= colours.shape[1]:
        raise UnreadableImage("corrupt", f"the palette of the TIFF is missing; {COPY_AGAIN}")
    # 16 bits by the standard (TIFF 6.0, section 5); some writers fill 8.
    eight = colours >> 8 if colours.max() > 255 else colours
    return np.ascontiguousarray(np.moveaxis(eight[:, index], 0, -1), dtype=np.uint8)


def _unsupported(what: str) -> UnreadableImage:
    return UnreadableImage("unsupported", f"the TIFF can't be read: {what}; convert it to PNG")
