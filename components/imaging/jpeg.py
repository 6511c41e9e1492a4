"""JPEG streams: whether one is whole, and whether it may pass as it is."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

# Any marker but restart and start; smaller second bytes are pixel data, in JPEG-LS up to 0x7F.
_MARKER = re.compile(rb"\xff+([\xc0-\xcf\xd9-\xfe])")
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_MAX_SCANS = 100  # of a progressive JPEG: each costs a pass over all pixels, and 10 are usual


class JpegHeader(NamedTuple):
    """What a JPEG, lossless JPEG or JPEG-LS stream says about itself."""

    process: int  # last byte of the frame marker: 0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS
    precision: int  # bits per sample
    height: int
    width: int
    components: int
    scans: int
    complete: bool  # the end marker is there


def jpeg_header(data: bytes) -> JpegHeader:
    """Reads the frame header and walks to the end marker, decoding nothing."""
    pos, scans, frame = 2, 0, (0, 0, 0, 0, 0)
    while (marker := _MARKER.search(data, pos)) and (code := marker[1][0]) != 0xD9:
        pos = marker.end()
        if code in _FRAMES and len(data) >= pos + 8:
            frame = code, *struct.unpack_from(">BHHB", data, pos + 2)
        scans += code == 0xDA
        pos += int.from_bytes(data[pos : pos + 2], "big")
    return JpegHeader(*frame, scans, marker is not None)


def check_jpeg(data: bytes) -> bool:
    """Whether TensorFlow decodes this JPEG: 8-bit Huffman, baseline to progressive.

    Raises:
        UnreadableImage: 'truncated' without an end marker, which TensorFlow insists on;
            'unsupported' for a bomb of scans.
    """
    header = jpeg_header(data)
    if not header.complete:
        raise UnreadableImage("truncated", f"the JPEG has no end marker (FFD9); {COPY_AGAIN}")
    if header.scans > _MAX_SCANS:
        raise UnreadableImage(
            "unsupported",
            f"the JPEG has {header.scans} scans, more than {_MAX_SCANS}; save it again",
        )
    huffman = header.process in (0xC0, 0xC1, 0xC2)
    return huffman and header.precision == 8 and header.components in (1, 3)
