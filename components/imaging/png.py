"""PNG files: whether one is whole, and whether it may pass as it is."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from components.imaging.size import check_size
from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

_PICTURE_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"IDAT", b"IEND")
_PLAIN_CHUNKS = frozenset(
    b"IHDR IEND gAMA cHRM sRGB iCCP sBIT bKGD pHYs tIME tEXt iTXt eXIf".split()
)
_MAX_ANNOTATION = 1_000_000  # bytes; libpng has a limit of 8 million per chunk
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type: grey, RGB, palette, with alpha
# Of each pass of an interlaced PNG: first column, first row, step of columns, step of rows.
_ADAM7 = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
    (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2),
)  # fmt: skip


class _Header(NamedTuple):
    """The fields of IHDR."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filter: int
    interlace: int

    def inflated_size(self) -> int:
        """Bytes of all rows of all passes, each with its filter byte."""
        bits, size = self.depth * _SAMPLES.get(self.colour, 1), 0
        for left, top, right, down in _ADAM7 if self.interlace else ((0, 0, 1, 1),):
            if columns := len(range(left, self.width, right)):
                size += len(range(top, self.height, down)) * (1 + math.ceil(columns * bits / 8))
        return size

    def plain(self) -> bool:
        """Whether it is of the kind that is canonical: 8 bits, grey or RGB."""
        methods = self.compression, self.filter
        return (
            self.depth == 8
            and self.colour in (0, 2)
            and methods == (0, 0)
            and self.interlace in (0, 1)
        )


class _Chunk(NamedTuple):
    name: bytes
    whole: bytes  # with length, name and checksum
    sound: bool  # the checksum is right

    def plain(self) -> bool:
        """Whether it is pixel data, or an annotation that does not trouble TensorFlow."""
        return self.name == b"IDAT" or (
            self.sound and self.name in _PLAIN_CHUNKS and len(self.whole) <= _MAX_ANNOTATION
        )


def check_png(data: bytes, max_pixels: int) -> tuple[bool, bytes]:
    """Checks what Pillow does not: checksums of the pixel data, and that there is enough of it.

    Returns:
        Whether TensorFlow decodes the same picture from these bytes (8-bit grey or RGB, nothing
        but pixel data and sound annotations), and a PNG of the picture alone for Pillow:
        annotations can be bombs, and animations hide there. Its pixel data is inflated already,
        so that this check costs no second decompression.

    Raises:
        UnreadableImage: 'truncated', 'corrupt', or by size.
    """
    chunks = list(_chunks(data))
    header = _Header(*struct.unpack_from(">IIBBBBB", data, 16))
    check_size(header.width, header.height, max_pixels)
    stream = b"".join(chunk.whole[8:-4] for chunk in chunks if chunk.name == b"IDAT")
    inflater, size = zlib.decompressobj(), header.inflated_size()
    rows = inflater.decompress(stream, size + 1)
    if len(rows) < size:
        raise UnreadableImage("truncated", f"pixel rows are missing in the PNG; {COPY_AGAIN}")
    plain = inflater.eof and header.plain() and all(chunk.plain() for chunk in chunks)
    return plain, _picture_alone(chunks, rows)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """All chunks up to IEND, those of the picture with the right checksum."""
    pos, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", data[pos : pos + 8].ljust(8, b"\0"))
        whole = data[pos : pos + 12 + length]
        if len(whole) < 12 + length:
            raise UnreadableImage("truncated", f"the PNG ends before its chunk IEND; {COPY_AGAIN}")
        sound = zlib.crc32(whole[4:-4]) == int.from_bytes(whole[-4:], "big")
        if name in _PICTURE_CHUNKS and not sound:
            raise UnreadableImage("corrupt", f"PNG chunk {name!r} has a bad checksum; {COPY_AGAIN}")
        yield _Chunk(name, whole, sound)
        pos += len(whole)


def _picture_alone(chunks: list[_Chunk], rows: bytes) -> bytes:
    """A PNG of the chunks that make the picture, with its rows stored uncompressed."""
    head = [c.whole for c in chunks[:-1] if c.name in _PICTURE_CHUNKS and c.name != b"IDAT"]
    body = b"IDAT" + zlib.compress(rows, 0)
    pixels = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return b"".join([b"\x89PNG\r\n\x1a\n", *head, pixels, chunks[-1].whole])
