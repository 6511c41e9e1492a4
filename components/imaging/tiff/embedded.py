"""How large and deep a picture inside a TIFF says it is, in its own header, before it is decoded.

Strips and tiles of some compressions are whole pictures. Their decoders believe the picture, not
the TIFF, and a kilobyte can say that it is of gigabytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from components.imaging.jpeg import jpeg_header
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_JXL_START = b"\xff\x0a"
# Width of a JPEG XL for its height, by the code in the header (ISO/IEC 18181-1, C.3).
_JXL_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_LERC_DEPTH_SINCE, _LERC_CHECKSUM_SINCE = 4, 3  # version of the format
_LERC_TYPES = (("i", 8), ("u", 8), ("i", 16), ("u", 16), ("i", 32), ("u", 32), ("f", 32), ("f", 64))


class Declared(NamedTuple):
    """What the header says.

    Attributes:
        height: in pixels, as is `width`.
        width: see there.
        samples: a pixel; of a JPEG XL those beside its colours.
        bits: a sample.
        kind: of the numbers, as NumPy names it: 'u' unsigned, 'i' signed, 'f' float.
    """

    height: int
    width: int
    samples: int
    bits: int = 8
    kind: str = "u"


def declared(compression: int, segment: bytes) -> Declared | None:
    """Returns what a strip or tile says of itself, None if the compression is not of pictures.

    Args:
        compression: tag 259 of the TIFF.
        segment: its bytes.

    Raises:
        UnreadableImage: 'truncated', 'corrupt' or 'unsupported'.
    """
    if compression not in _READERS:
        return None
    name, read = _READERS[compression]
    try:
        found = read(segment)
    except (IndexError, struct.error):
        found = None
    if found is None:
        raise UnreadableImage(
            "corrupt", f"a strip or tile of the TIFF holds no {name} picture; {COPY_AGAIN}"
        )
    return found


# === JPEG ===


def _jpeg(data: bytes) -> Declared:
    header = jpeg_header(data)
    if not header.complete:
        raise UnreadableImage("truncated", f"a JPEG in the TIFF has no end; {COPY_AGAIN}")
    return Declared(header.height, header.width, header.components, header.precision)


# === JPEG 2000 (ISO/IEC 15444-1, A.5.1 and I.4) ===


def _jpeg_2000(data: bytes) -> Declared | None:
    stream = data
    if not data.startswith(_JPEG_2000_START):
        stream = next((body for name, body in _boxes(data) if name == b"jp2c"), b"")
    if not stream.startswith(_JPEG_2000_START):
        return None
    right, bottom, left, top = struct.unpack_from(">4I", stream, 8)
    samples, depth = struct.unpack_from(">HB", stream, 40)  # the depth of the first one
    kind = "i" if depth & 0x80 else "u"
    return Declared(bottom - top, right - left, samples, (depth & 0x7F) + 1, kind)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields name and content of the boxes that JPEG 2000 and JPEG XL files are made of."""
    pos = 0
    while pos + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, pos)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, pos + 8)
            head = 16
        end = len(data) if length == 0 else pos + max(length, head)
        yield name, data[pos + head : end]
        pos = end


# === LERC, version 2 (github.com/Esri/lerc) ===


def _lerc(data: bytes) -> Declared | None:
    height = width = samples = pos = number_type = 0
    while pos < len(data):
        if data[pos : pos + 6] != b"Lerc2 ":
            return None
        (version,) = struct.unpack_from("<i", data, pos + 6)
        start = pos + 10 + 4 * (version >= _LERC_CHECKSUM_SINCE)
        rows, columns, depth = struct.unpack_from("<3i", data, start)
        after = 12 if version >= _LERC_DEPTH_SINCE else 8
        _, _, size, number_type = struct.unpack_from("<4i", data, start + after)
        if size <= 0 or not 0 <= number_type < len(_LERC_TYPES):
            return None
        height, width = max(height, rows), max(width, columns)
        samples += depth if version >= _LERC_DEPTH_SINCE else 1
        pos += size
    kind, bits = _LERC_TYPES[number_type]
    return Declared(height, width, samples, bits, kind) if samples else None


# === WebP (RFC 9649) ===


def _webp(data: bytes) -> Declared | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        if data[20] & 2:
            raise _unsupported("an animation")
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return Declared(height, width, 4 if data[20] & 16 else 3)
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return Declared((bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, 3)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<2H", data, 26)
        return Declared(height & 0x3FFF, width & 0x3FFF, 3)
    return None


# === JPEG XL (ISO/IEC 18181-1, annexes C and D) ===


class _Bits:
    """Reads numbers from a JPEG XL header, the lowest bit first."""

    def __init__(self, data: bytes):
        self._bits, self._left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self._left:
            raise IndexError
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        self._left -= count
        return value

    def choice(self, *ways: tuple[int, int]) -> int:
        """Returns a number that is coded in one of four ways, each (bits, offset)."""
        count, offset = ways[self.take(2)]
        return self.take(count) + offset


def _jpeg_xl(data: bytes) -> Declared | None:
    stream = data
    if not data.startswith(_JXL_START):
        parts = (body[4:] if name == b"jxlp" else body for name, body in _boxes(data)
                 if name in (b"jxlc", b"jxlp"))  # fmt: skip
        stream = b"".join(parts)
    if not stream.startswith(_JXL_START):
        return None
    bits = _Bits(stream[2:64])
    height, width = _jxl_size(bits)
    return Declared(height, width, *_jxl_extra_channels(bits))


def _jxl_size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)

    def side() -> int:
        return (bits.take(5) + 1) * 8 if small else bits.choice((9, 1), (13, 1), (18, 1), (30, 1))

    height, ratio = side(), bits.take(3)
    if ratio == 0:
        return height, side()
    across, down = _JXL_RATIOS[ratio]
    return height, height * across // down


def _jxl_extra_channels(bits: _Bits) -> tuple[int, int, str]:
    """Returns the samples beside the colours, the bits of a sample, and the kind of numbers."""
    if bits.take(1):  # everything is as usual
        return 0, 8, "u"
    if bits.take(1) and (bits.take(3) or bits.take(1) or bits.take(1) or bits.take(1)):
        raise _unsupported("turned, an animation, or with a preview")
    if bits.take(1):  # float samples
        kind, depth = "f", bits.choice((0, 32), (0, 16), (0, 24), (6, 1))
        bits.take(4)
    else:
        kind, depth = "u", bits.choice((0, 8), (0, 10), (0, 12), (6, 1))
    bits.take(1)
    return bits.choice((0, 0), (0, 1), (4, 2), (12, 1)), depth, kind


def _unsupported(what: str) -> UnreadableImage:
    return UnreadableImage(
        "unsupported", f"a strip or tile of the TIFF is {what}; convert it to PNG"
    )


_READERS: dict[int, tuple[str, Callable[[bytes], Declared | None]]] = {
    7: ("JPEG", _jpeg),
    **dict.fromkeys((33003, 33004, 33005, 34712), ("JPEG 2000", _jpeg_2000)),
    34887: ("LERC", _lerc),
    **dict.fromkeys((50002, 52546), ("JPEG XL", _jpeg_xl)),
    50001: ("WebP", _webp),
}
