"""Files that cannot be read, lying among the good ones as they do in every real export."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

from PIL import Image

from .cohort import CLASSES, Film
from .encode import encode, encode_dicom
from .radiograph import draw_radiograph

# Kind and the format that its name promises; two of each class.
KINDS = {
    "empty": "png",
    "truncated-png": "png",
    "text-as-jpeg": "jpeg",
    "decompression-bomb": "png",
    "dicom-without-pixels": "dicom",
    "truncated-jpeg": "jpeg",
}

FIRST_INDEX = 8  # good films have 1..3
BOMB_SIDE = 60_000


def plan_broken(films: list[Film]) -> dict[str, Film]:
    """Give each kind to a patient who has good films too, the classes taking turns.

    Args:
        films: The good films; every class needs at least one.

    Returns:
        Kind -> the film that names the file.
    """
    planned = {}
    for turn, (kind, promised) in enumerate(KINDS.items()):
        lap, position = divmod(turn, len(CLASSES))
        own = [film for film in films if film.patient.label == CLASSES[position]]
        planned[kind] = replace(own[lap % len(own)], index=FIRST_INDEX + lap, format=promised)
    return planned


def broken_content(kind: str, film: Film, seed: int) -> bytes:
    """The bytes of a file that fails as `kind` says."""
    if kind == "empty":
        return b""
    if kind == "text-as-jpeg":
        return b"This image could not be exported. Please ask the archive.\n"
    if kind == "decompression-bomb":
        return _bomb()
    if kind == "dicom-without-pixels":
        return encode_dicom(None, film, seed)
    whole = encode(draw_radiograph(film, seed), film, seed)
    return whole[: len(whole) * 2 // 5]


def _bomb() -> bytes:
    """A PNG of a few dozen bytes whose header claims 3.6 gigapixels."""
    stream = io.BytesIO()
    Image.new("L", (1, 1)).save(stream, "PNG")
    tiny = stream.getvalue()
    # Signature and length, then the chunk IHDR: name, width, height, five bytes, checksum.
    header = tiny[12:16] + struct.pack(">II", BOMB_SIDE, BOMB_SIDE) + tiny[24:29]
    return tiny[:12] + header + struct.pack(">I", zlib.crc32(header)) + tiny[33:]
