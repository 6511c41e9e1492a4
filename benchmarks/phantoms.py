"""Phantoms for the benchmarks: plain PNG files, drawn once and kept.

The sample data of the product holds DICOM and broken files, which a plain Keras script can't read.
"""

import os
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.sample_data import CLASSES, Film, draw_radiograph, plan_films

PATIENT = r"^(?P<patient>P\d{4})"  # in the file name
MOST = 8_400
_SEED = 7
_FILMS_A_PATIENT = 2


def phantoms(images: int, side: int = 299) -> Path:
    """Returns a folder with a folder a class, drawing what is missing.

    A smaller set is part of every larger one; patients stay whole but for the last.

    Args:
        images: so many, at most `MOST`.
        side: of each, in pixels.

    Returns:
        A folder below `$MEDTFX_PHANTOMS`, or below the temporary files, where it is kept.
    """
    kept = Path(
        os.environ.get("MEDTFX_PHANTOMS", f"{tempfile.gettempdir()}/medtfx-phantoms"), f"{side}"
    )
    pool, folder = kept / "all", kept / f"{images}"
    films = _films(images, side)
    for label in CLASSES:
        (pool / label).mkdir(parents=True, exist_ok=True)
        (folder / label).mkdir(parents=True, exist_ok=True)
    missing = [film for film in films if not (pool / film.path).exists()]
    with ProcessPoolExecutor() as workers:
        for _ in workers.map(_draw, missing, [pool] * len(missing), chunksize=16):
            pass
    for film in films:
        if not (folder / film.path).exists():
            os.link(pool / film.path, folder / film.path)
    return folder


def _films(images: int, side: int) -> list[Film]:
    """Returns the first films of the largest set, all of one format and size."""
    if not 0 < images <= MOST:
        raise SystemExit(f"There are 1 to {MOST} phantoms. Received: {images}.")
    planned = plan_films(MOST // len(CLASSES) // _FILMS_A_PATIENT, _SEED, side)
    return [replace(film, height=side, width=side, format="png") for film in planned[:images]]


def _draw(film: Film, folder: Path) -> None:
    grey = np.rint(draw_radiograph(film, _SEED) * 255).astype(np.uint8)
    part = folder / f"{film.path}.part"  # a half-drawn one is no image yet
    Image.fromarray(grey).save(part, "PNG")
    os.replace(part, folder / film.path)
