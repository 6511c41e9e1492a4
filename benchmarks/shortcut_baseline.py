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
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from components.evaluator.results import class_result
from components.image_example_gen.images import UnreadableImage, read_image
from components.image_example_gen.listing import list_folders
from pipeline.recipe import load_recipe


def shortcut_features(base: str, relative: str) -> tuple[list[float], str] | None:
    """Returns (width, height, aspect, log bytes, mean, deviation) and the format of an image."""
    data = Path(base, relative).read_bytes()
    try:
        image = read_image(data)
    except UnreadableImage:
        return None
    aspect = image.width / image.height
    numbers = [image.width, image.height, aspect, np.log(len(data)), image.mean, image.std]
    return numbers, image.format


def main(recipe_name: str, base: str) -> None:
    """Prints the table."""
    recipe = load_recipe(recipe_name)
    rows = []
    for entry in list_folders(base, recipe.data).entries:
        if (found := shortcut_features(base, entry.relative)) is not None:
            rows.append((*found, recipe.data.classes.index(entry.label), entry.split == "test"))
    numbers, formats, labels, is_test = (np.array(column) for column in zip(*rows, strict=True))
    encoded = OneHotEncoder(sparse_output=False).fit_transform(formats[:, None])
    features = np.hstack([numbers, encoded])
    model = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=5_000)
    )
    model.fit(features[~is_test], labels[~is_test])
    answers = model.predict(features[is_test])
    matrix = np.zeros((len(recipe.data.classes),) * 2)
    np.add.at(matrix, (labels[is_test], answers), 1)
    _print(recipe.name, recipe.data.classes, matrix)


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
