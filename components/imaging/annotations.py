"""What a PNG or JPEG says beside its picture: texts, EXIF, colour profiles, thumbnails.

Names of patients, of devices and of places stand there, and no decoder of ours looks at them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from components.imaging.jpeg import MARKER

_TEXTS = (b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"tIME", b"iCCP")
_END, _COMMENT, _APPLICATION = 0xD9, 0xFE, range(0xE0, 0xF0)
# The two application segments that a decoder needs: the kind of file, and how colours are stored.
_OF_THE_PICTURE = {0xE0: b"JFIF\0", 0xEE: b"Adobe"}


def without_annotations(data: bytes) -> bytes:
    """Returns a PNG or JPEG without them, and without what follows its end; the pixels are kept.

    Args:
        data: a whole PNG or JPEG, which a decoder has accepted.
    """
    parts = _png_parts(data) if data.startswith(b"\x89PNG") else _jpeg_parts(data)
    return b"".join(parts)


def _png_parts(data: bytes) -> Iterator[bytes]:
    """Cuts the chunks out that are annotations (PNG, 3rd edition, sections 5.3 and 11.3)."""
    yield data[:8]
    pos, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, pos)
        end = pos + 12 + length
        if name not in _TEXTS:
            yield data[pos:end]
        pos = end


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    """Cuts the segments out that are annotations (ITU-T T.81, B.1.1 and B.2.4)."""
    kept, pos = 0, 2  # after the start marker; kept: up to where it was decided
    while (marker := MARKER.search(data, pos)) and (code := marker[1][0]) != _END:
        body = marker.end() + 2
        pos = marker.end() + int.from_bytes(data[marker.end() : body], "big")
        if code == _COMMENT or (code in _APPLICATION and not _needed(code, data[body:pos])):
            yield data[kept : marker.start()]
            kept = pos
    yield data[kept : marker.end() if marker else None]


def _needed(code: int, body: bytes) -> bool:
    return code in _OF_THE_PICTURE and body.startswith(_OF_THE_PICTURE[code])
