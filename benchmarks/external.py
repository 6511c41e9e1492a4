"""How much memory does `medtfx evaluate` need for a thousand, and for a hundred thousand images?

    .venv/bin/python benchmarks/external.py MODEL [--images 1000 10000] [--side 64] [--json FILE]

MODEL is a pushed version of the recipe `quickstart`. The images are phantoms, two of a patient; of
more than 8,400, some are the same picture as another patient's, as a link: what is measured is the
evaluation, not the drawing. Memory is that of the process, with the server in it.
"""

import os
import sys
import tempfile
from pathlib import Path

from phantoms import MOST, phantoms
from reporting import options, tell
from watched_process import MEDTFX, watch

GROWTH = "peak memory, largest over smallest set"
TARGETS = {GROWTH: ("at most", 1.5)}
PATIENT = r"data.patient={from: filename, regex: '^(?P<patient>\d+-P\d+)'}"


def links(images: int, side: int) -> Path:
    """Returns a folder with so many phantoms; each name begins with the number of its copy."""
    pool = phantoms(min(images, MOST), side)
    folder = pool.parent / f"external-{images}"
    drawn = sorted(path for path in pool.glob("*/*") if path.suffix == ".png")
    for number in range(images):
        source = drawn[number % len(drawn)]
        link = folder / source.parent.name / f"{number // len(drawn):03}-{source.name}"
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, link)
    return folder


def main() -> None:
    """Evaluates each set once, and prints the figures."""
    model, sys.argv[1:2] = sys.argv[1], []
    chosen = options(__doc__, images=[1_000, 10_000], side=64)
    rows = []
    for images in chosen.images:
        data = links(images, chosen.side)
        with tempfile.TemporaryDirectory() as out:
            line = ["evaluate", model, "--data", str(data), "--out", out, "--set", PATIENT]
            done = watch([*MEDTFX, *line], allowed=(0, 3))
        rows.append({"images": images, "seconds": round(done.seconds), "MB": round(done.peak)})
        print(rows[-1], flush=True)
    tell(chosen, {GROWTH: rows[-1]["MB"] / rows[0]["MB"]}, TARGETS, rows)


if __name__ == "__main__":
    main()
