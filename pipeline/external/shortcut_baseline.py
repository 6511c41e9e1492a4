"""How well size, format and grey level alone predict the class, on these very images.

It is the data audit's classifier, cross-validated by patient on the other folder. Where it comes
near to the model, the model's figures on this folder say little about the disease.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.shortcut_model import (
    FOLDS,
    MOST,
    ImageFacts,
    cross_validate,
    grey_level,
    patient_folds,
    size_and_format,
)
from components.gate.results import ClassResult, class_results
from components.imaging.images import MAX_PIXELS, UnreadableImage, read_image
from components.runtime.threads import map_in_threads
from pipeline.external.predicted import Predicted


@dataclass(frozen=True)
class ShortcutBaseline:
    """The figures of the baseline.

    Attributes:
        images: that it was measured on, at most `MOST`.
        classes: result of each class.
        balanced_accuracy: mean recall of the classes.
        model: the same of the model, on the same images.
    """

    images: int
    classes: tuple[ClassResult, ...]
    balanced_accuracy: float
    model: float


def measure_shortcuts(
    predicted: Predicted, max_pixels: int = MAX_PIXELS, seed: int = 0
) -> ShortcutBaseline | None:
    """Returns the baseline; None where a class has fewer than two patients.

    Args:
        predicted: the images; of many, some patients are drawn.
        max_pixels: larger images are not decoded.
        seed: of the drawing.
    """
    facts, rows = _facts(predicted, _sample(predicted.patients, seed), max_pixels)
    labels, patients = predicted.labels[rows], predicted.patients[rows]
    present = np.unique(labels)
    fewest = min((len(set(patients[labels == label])) for label in present), default=0)
    if len(present) < 2 or fewest < 2:
        return None
    formats = sorted({one.format for one in facts})
    features = np.hstack([size_and_format(facts, formats), grey_level(facts)])
    probabilities = np.zeros((len(facts), len(predicted.images.classes)))
    probabilities[:, present] = cross_validate(
        features, labels, patient_folds(labels, patients, min(FOLDS, fewest))
    )
    names = predicted.images.classes
    results = class_results(labels, probabilities, names, patients)
    same = class_results(labels, predicted.probabilities[rows], names, patients)
    return ShortcutBaseline(len(rows), results, balanced_accuracy(results), balanced_accuracy(same))


def balanced_accuracy(results: tuple[ClassResult, ...]) -> float:
    """Returns the mean recall of the classes that have images."""
    return float(np.mean([result.recall for result in results if result.cases]))


def _sample(patients: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    """Returns the rows of all images, or of as many whole patients as make at most `MOST`."""
    if len(patients) <= MOST:
        return np.arange(len(patients))
    names, numbers, counts = np.unique(patients, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = order[np.cumsum(counts[order]) <= MOST]
    return np.flatnonzero(np.isin(numbers, chosen))


def _facts(
    predicted: Predicted, rows: NDArray[np.int64], max_pixels: int
) -> tuple[list[ImageFacts], NDArray[np.int64]]:
    images = predicted.images
    names = [images.names[index] for index in predicted.kept[rows]]

    def read(name: str) -> ImageFacts | None:
        try:
            found = read_image(Path(images.root, name).read_bytes(), max_pixels=max_pixels)
        except (UnreadableImage, OSError):  # it was readable a minute ago
            return None
        return ImageFacts(found.width, found.height, found.format, found.mean, found.std)

    measured: Iterator[ImageFacts | None] = map_in_threads(read, names)
    facts = list(measured)
    kept = np.array([one is not None for one in facts], bool)
    return [one for one in facts if one is not None], rows[kept]
