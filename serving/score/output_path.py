"""Where the CSV may lie: known before any model is loaded."""

import os
from pathlib import Path

from serving.score.errors import ScoreError
from serving.score.table import check_is_table


def check_place(out: Path, folder: Path) -> None:
    """Checks that a CSV can be written, as far as that can be known by looking.

    Raises:
        ScoreError: it lies among the images, has no folder, may not be written, or is something
            else than a table of scores.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise ScoreError(
            f"{out} would lie in the folder that is scored, {folder}. Name another place with "
            "--out."
        )
    if not out.parent.is_dir():
        raise ScoreError(f"{out} can't be written: there is no folder {out.parent}. Make it first.")
    if out.exists() and not out.is_file():
        raise ScoreError(f"{out} is no file. Name one with --out, such as predicted.csv.")
    # New files appear beside the CSV too, so its folder has to take them.
    for place in filter(Path.exists, (out.parent, out)):
        if not os.access(place, os.W_OK):
            raise ScoreError(f"{place} may not be written. Name another file with --out.")
    check_is_table(out)
