"""How well do size, format, file size and mean grey alone tell the class?

    .venv/bin/python benchmarks/shortcut_baseline.py covid19-3class FOLDER

A logistic regression on those numbers, on the recipe's own patient split: what a network reaches
beyond it may come from the image. Fitted on train and eval, scored on test; prints recall by class
and balanced accuracy.
"""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from components.gate.results import class_result
from components.image_example_gen.listing import Entry, list_folders
from components.imaging.images import UnreadableImage, read_image
from pipeline.compare.shortcut_baseline import ShortcutTable, predict_by_shortcuts, shortcut_numbers
from pipeline.recipes.loader import load_recipe


def read_table(base: str, entries: list[Entry]) -> tuple[ShortcutTable, list[str]]:
    """Reads the files; an image that can't be read is left out."""
    rows, formats, labels = [], [], []
    for entry in entries:
        data = Path(base, entry.relative).read_bytes()
        try:
            image = read_image(data)
        except UnreadableImage:
            continue
        size = len(data)
        rows.append(shortcut_numbers(image.width, image.height, size, image.mean, image.std))
        formats.append(image.format)
        labels.append(entry.label)
    return ShortcutTable(np.array(rows), tuple(formats)), labels


def main(recipe_name: str, base: str) -> None:
    """Prints the table."""
    recipe = load_recipe(recipe_name)
    classes = recipe.data.classes
    entries = list_folders(base, recipe.data).entries
    known, labels = read_table(base, [entry for entry in entries if entry.split != "test"])
    asked, truth = read_table(base, [entry for entry in entries if entry.split == "test"])
    answers = predict_by_shortcuts(known, labels, asked, classes).argmax(-1)
    matrix = np.zeros((len(classes),) * 2)
    np.add.at(matrix, ([classes.index(label) for label in truth], answers), 1)
    _print(recipe.name, classes, matrix)


def _print(name: str, classes: tuple[str, ...], matrix: np.ndarray) -> None:
    table = Table("class", "n", "recall", "95 % interval", title=f"{name}: shortcuts alone")
    results = [class_result(matrix, index, label) for index, label in enumerate(classes)]
    for result in results:
        interval = f"{result.low:.2f}-{result.high:.2f}"
        table.add_row(result.label, str(result.cases), f"{result.recall:.2f}", interval)
    balanced = np.nanmean([result.recall for result in results])
    table.caption = f"balanced accuracy {balanced:.2f}, chance {1 / len(classes):.2f}"
    Console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:3])
