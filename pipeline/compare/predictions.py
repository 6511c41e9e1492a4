"""The predictions of a model for images that it was not trained on, as one table."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.gate.results import confusion_matrix

_COLUMNS = ("recipe", "fold", "filename", "patient", "label")
_PROBABILITY = "p_"


@dataclass(frozen=True)
class Predictions:
    """Predictions of n images.

    Attributes:
        filenames: path of each image below the data folder.
        patients: keyed hash of each image's patient.
        folds: int64 [n], the fold in which the image was tested; 0 for a plain test split.
        labels: int64 [n], index of the true class.
        probabilities: float64 [n, C].
    """

    filenames: tuple[str, ...]
    patients: tuple[str, ...]
    folds: NDArray[np.int64]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.filenames)

    @property
    def tops(self) -> NDArray[np.int64]:
        """Index of the class with the highest probability, int64 [n]."""
        return np.asarray(self.probabilities.argmax(-1), np.int64)

    def matrix(self) -> NDArray[np.float64]:
        """Returns the confusion matrix [C, C] of counts, true class by prediction."""
        return confusion_matrix(self.labels, self.probabilities)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> "Predictions":
        """Returns the images at the indices, in their order."""
        chosen = [int(index) for index in indices]
        return Predictions(
            tuple(self.filenames[index] for index in chosen),
            tuple(self.patients[index] for index in chosen),
            self.folds[chosen],
            self.labels[chosen],
            self.probabilities[chosen],
        )


def pooled(parts: Sequence[Predictions]) -> Predictions:
    """Returns the predictions of all folds together."""
    return Predictions(
        tuple(name for part in parts for name in part.filenames),
        tuple(patient for part in parts for patient in part.patients),
        np.concatenate([part.folds for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
    )


# === The file ===


def save_predictions(
    path: Path, classes: tuple[str, ...], found: Iterable[tuple[str, Predictions]]
) -> None:
    """Writes a CSV with a row for each image and recipe: every number can be computed from it."""
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_COLUMNS, *(_PROBABILITY + label for label in classes)])
        for recipe, predictions in found:
            for index, name in enumerate(predictions.filenames):
                # Seventeen digits give back the same float64.
                values = [f"{value:.17g}" for value in predictions.probabilities[index]]
                label = classes[predictions.labels[index]]
                fold = predictions.folds[index]
                writer.writerow([recipe, fold, name, predictions.patients[index], label, *values])


def load_predictions(path: Path) -> tuple[tuple[str, ...], dict[str, Predictions]]:
    """Reads what `save_predictions` wrote: the classes, and recipe → predictions."""
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        header, *rows = csv.reader(file)
    start = len(_COLUMNS)
    classes = tuple(name.removeprefix(_PROBABILITY) for name in header[start:])
    of_recipe: dict[str, list[list[str]]] = {}
    for row in rows:
        of_recipe.setdefault(row[0], []).append(row)
    return classes, {
        recipe: Predictions(
            tuple(row[2] for row in found),
            tuple(row[3] for row in found),
            np.array([int(row[1]) for row in found], np.int64),
            np.array([classes.index(row[4]) for row in found], np.int64),
            np.array([row[start:] for row in found], np.float64),
        )
        for recipe, found in of_recipe.items()
    }
