"""JPEG streams: whether one is whole, and whether it may pass as it is."""

from __future__ import annotations

import re
import struct
from typing import Any, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from components.imaging.unreadable import COPY_AGAIN, UnreadableImage

# Any marker but restart and start; smaller second bytes are pixel data, in JPEG-LS up to 0x7F.
MARKER = re.compile(rb"\xff+([\xc0-\xcf\xd9-\xfe])")
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_HUFFMAN = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_ARITHMETIC = (0xC9, 0xCA)
_COLOURS = {1: "GRAY", 3: "RGB", 4: "CMYK"}
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
    while (marker := MARKER.search(data, pos)) and (code := marker[1][0]) != 0xD9:
        pos = marker.end()
        # A second frame is an error to decoders, which make room for the first one before that.
        if code in _FRAMES and not frame[0] and len(data) >= pos + 8:
            frame = code, *struct.unpack_from(">BHHB", data, pos + 2)
        scans += code == 0xDA
        pos += int.from_bytes(data[pos : pos + 2], "big")
    return JpegHeader(*frame, scans, marker is not None)


def check_jpeg(header: JpegHeader) -> bool:
    """Checks a JPEG by its header.

    Returns:
        Whether TensorFlow decodes it: of Huffman codes, with 1 or 3 components.

    Raises:
        UnreadableImage: 'truncated' without an end marker, which TensorFlow insists on;
            'unsupported' for a bomb of scans, and for what is not 8 bits, lossy.
    """
    if not header.complete:
        raise UnreadableImage("truncated", f"the JPEG has no end marker (FFD9); {COPY_AGAIN}")
    if header.scans > _MAX_SCANS:
        raise UnreadableImage(
            "unsupported",
            f"the JPEG has {header.scans} scans, more than {_MAX_SCANS}; save it again",
        )
    if header.process not in (*_HUFFMAN, *_ARITHMETIC) or header.precision != 8:
        raise UnreadableImage(
            "unsupported",
            f"the JPEG is of process FF{header.process:02X} with {header.precision} bits; readable "
            "are lossy JPEG files of 8 bits; convert it to PNG",
        )
    return header.process in _HUFFMAN and header.components in (1, 3)


def decode_whole(data: bytes, components: int) -> NDArray[np.uint8]:
    """Decodes a JPEG of 8 bits by libjpeg-turbo, and takes its warnings for errors.

    A stream whose picture data end early, or that an end-of-line translation has changed, is only
    a warning to libjpeg, which fills the rest with grey.

    Args:
        data: the stream.
        components: by its header.

    Returns:
        uint8 [H, W, 1] grey, [H, W, 3] RGB or [H, W, 4] CMYK as it is stored.

    Raises:
        UnreadableImage: 'corrupt'.
    """
    colours = _COLOURS.get(components, "RGB")
    try:
        pixels: Any = simplejpeg.decode_jpeg(data, colours, strict=True)
    except ValueError as error:
        raise UnreadableImage(
            "corrupt",
            f"the picture data of the JPEG are damaged or end early, though it has an end marker; "
            f"{COPY_AGAIN}",
        ) from error
    return pixels
