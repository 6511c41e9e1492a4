"""Tiny images by the million: PNG of 32 pixels, each of another picture, two of each patient."""

import struct
import zlib
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import numpy as np

from pipeline.sample_data import CLASSES

PATIENT = r"^(?P<patient>P\d{8})"  # in the file name
SIDE = 32  # pixels
_FILMS_A_PATIENT = 2
_BATCH = 2_000  # files, in a folder of their own


def write_tiny_images(folder: Path, images: int, empty: bool = False) -> None:
    """Writes a folder a class, in it one for each 2,000 images of it.

    Args:
        folder: is made.
        images: so many.
        empty: files without content, where they are only listed.
    """
    firsts = range(0, images, _BATCH * len(CLASSES))
    with ProcessPoolExecutor() as workers:
        list(workers.map(_write_batch, repeat(folder), firsts, repeat(images), repeat(empty)))


def _write_batch(folder: Path, first: int, images: int, empty: bool) -> None:
    for label in CLASSES:
        (folder / label / f"{first:09d}").mkdir(parents=True, exist_ok=True)
    for number in range(first, min(images, first + _BATCH * len(CLASSES))):
        patient, film = divmod(number, _FILMS_A_PATIENT)
        label = CLASSES[patient % len(CLASSES)]
        path = folder / label / f"{first:09d}" / f"P{patient:08d}_{film}.png"
        path.write_bytes(b"" if empty else _png(number))


def _png(number: int) -> bytes:
    """Returns a picture of 8 x 8 random squares, unlike all others."""
    squares = np.random.default_rng(number).integers(16, 240, (8, 8), np.uint8)
    pixels = np.kron(squares, np.ones((SIDE // 8, SIDE // 8), np.uint8))
    rows = np.insert(pixels, 0, 0, axis=1)  # the filter of each row: none
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
