"""How well do size, format and grey level alone predict the class?

    .venv/bin/python benchmarks/shortcut_baseline.py covid19-3class FOLDER

A logistic regression on those numbers, on the recipe's own patient split: what a network reaches
beyond it may come from the image. Trained on train and eval, scored on test; prints recall by class
and balanced accuracy.
"""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from components.data_audit.checks.shortcut_model import ImageFacts
from components.gate.results import ClassResult, class_results
from components.image_example_gen.listing import Entry, list_folders
from components.imaging.images import UnreadableImage, read_image
from pipeline.compare.shortcut_baseline import predict_by_shortcuts
from pipeline.recipes.loader import load_recipe


def read_facts(base: str, entries: list[Entry]) -> tuple[list[ImageFacts], list[Entry]]:
    """Reads the files; an image that can't be read is left out."""
    facts, found = [], []
    for entry in entries:
        try:
            image = read_image(Path(base, entry.relative).read_bytes())
        except UnreadableImage:
            continue
        facts.append(ImageFacts(image.width, image.height, image.format, image.mean, image.std))
        found.append(entry)
    return facts, found


def main(recipe_name: str, base: str) -> None:
    """Prints the table."""
    recipe = load_recipe(recipe_name)
    classes = recipe.data.classes
    entries = list_folders(base, recipe.data).entries
    known, seen = read_facts(base, [entry for entry in entries if entry.split != "test"])
    tested, unseen = read_facts(base, [entry for entry in entries if entry.split == "test"])
    probabilities = predict_by_shortcuts(known, [one.label for one in seen], tested, classes)
    indices = np.array([classes.index(one.label) for one in unseen], np.int64)
    patients = [one.patient for one in unseen]
    _print(recipe.name, class_results(indices, probabilities, classes, patients))


def _print(name: str, results: tuple[ClassResult, ...]) -> None:
    table = Table("class", "n", "recall", "95 % interval", title=f"{name}: shortcuts alone")
    for result in results:
        interval = f"{result.low:.2f}-{result.high:.2f}"
        table.add_row(result.label, str(result.cases), f"{result.recall:.2f}", interval)
    balanced = np.nanmean([result.recall for result in results])
    table.caption = f"balanced accuracy {balanced:.2f}, chance {1 / len(results):.2f}"
    Console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:3])
