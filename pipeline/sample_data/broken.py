"""Files that cannot be read, lying among the good ones as they do in every real export.

Each kind fails in its own way: at opening, while decoding, or by asking for too much memory.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace

from .cohort import CLASSES, Film
from .encode import encode, encode_dicom
from .phantom import draw_radiograph

# Kind and the format its name promises; two per class.
KINDS = {
    "empty": "png",
    "truncated-png": "png",
    "text-as-jpeg": "jpeg",
    "decompression-bomb": "png",
    "dicom-without-pixels": "dicom",
    "truncated-jpeg": "jpeg",
}

# Good films have indices 1..3.
FIRST_INDEX = 8

BOMB_SIDE = 60_000
LETTER = "This image could not be exported. Please ask the archive.\n"


@dataclass(frozen=True)
class BrokenFile:
    """A file to write and the reason why it cannot be read.

    Attributes:
        kind: One of `KINDS`.
        film: Names the file and its patient, who has good films too.
    """

    kind: str
    film: Film

    def content(self, seed: int) -> bytes:
        """The bytes to write."""
        if self.kind == "empty":
            return b""
        if self.kind == "text-as-jpeg":
            return LETTER.encode()
        if self.kind == "decompression-bomb":
            return _bomb()
        if self.kind == "dicom-without-pixels":
            return encode_dicom(None, self.film, seed)
        whole = encode(draw_radiograph(self.film, seed), self.film, seed)
        return whole[: len(whole) * 2 // 5]


def plan_broken(films: list[Film]) -> list[BrokenFile]:
    """Give each kind to a patient, the classes taking turns.

    Args:
        films: The good films; every class needs at least one.
    """
    planned = []
    for turn, (kind, pretended) in enumerate(KINDS.items()):
        label, lap = CLASSES[turn % len(CLASSES)], turn // len(CLASSES)
        own = [film for film in films if film.patient.label == label]
        film = replace(own[lap % len(own)], index=FIRST_INDEX + lap, format=pretended, quirk="")
        planned.append(BrokenFile(kind, film))
    return planned


def _bomb() -> bytes:
    """A PNG of a few dozen bytes whose header claims 3.6 gigapixels."""
    header = struct.pack(">IIBBBBB", BOMB_SIDE, BOMB_SIDE, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(BOMB_SIDE + 1), 9)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    """One PNG chunk: length, name, body, checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
