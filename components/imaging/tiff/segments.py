"""Whether the strips or tiles of a TIFF are whole, and hold what their place takes."""

import math
from collections.abc import Sequence

import numpy as np
from tifffile import TiffPage

from components.imaging.jpeg import check_jpeg, decode_whole, jpeg_header
from components.imaging.tiff.embedded import Declared, declared
from components.imaging.tiff.tags import GREY, JPEG, LZMA, LZW, UNCOMPRESSED
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage


def check_segments(page: TiffPage, data: bytes) -> None:
    """Compares strips or tiles with the size of the picture and of the file.

    Args:
        page: of the picture, within `check_layout`.
        data: the whole file.

    Raises:
        UnreadableImage: 'truncated', 'corrupt', 'unsupported'.
    """
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
    if page.compression == UNCOMPRESSED:
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


def _segment_size(page: TiffPage) -> tuple[int, int]:
    """Returns height and width of a strip or tile."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    # A TIFF of one strip may say that it has 2^32 - 1 rows.
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def _check_pictures(page: TiffPage, segments: Sequence[bytes]) -> None:
    """Compares strips or tiles that are whole pictures with their place in the TIFF."""
    height, width = _segment_size(page)
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
        if page.compression == JPEG:
            _check_whole(segment, page.jpegtables)
        _check_depth(page, found)


def _check_depth(page: TiffPage, found: Declared) -> None:
    """Compares the numbers of a picture with those that the TIFF says it has.

    Grey of more than 8 bits is stretched, so that fewer bits than stated make the same picture.
    """
    bits, kind = page.bitspersample, np.dtype(page.dtype).kind
    assert isinstance(bits, int)
    stretched = page.photometric in GREY and 8 < found.bits <= bits
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
    if page.compression not in (LZW, LZMA) or page.fillorder != 1:
        return
    import imagecodecs  # here: an installation may lack it

    decode = imagecodecs.lzw_decode if page.compression == LZW else imagecodecs.lzma_decode
    height, width = _segment_size(page)
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
