"""The classifier that measures shortcuts, and the features that any image has without its pixels.

The data audit, the comparison of recipes and the external validation use the same, so that their
figures can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float64]
Folds = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]

FOLDS = 5
MOST = 5_000  # images; more do not move the figures


class Described(Protocol):
    """An image of which this is known, as `ImageRecord` is."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""

    @property
    def format(self) -> str:
        """Of the file as found."""

    @property
    def mean(self) -> float:
        """Of the grey values, 0..255."""

    @property
    def std(self) -> float:
        """Of the same, 0..127.5."""


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image without its pixels.

    Attributes:
        width: in pixels.
        height: in pixels.
        format: of the file as found.
        mean: of the grey values, 0..255.
        std: of the same, 0..127.5.
    """

    width: int
    height: int
    format: str
    mean: float
    std: float


def size_and_format(images: Sequence[Described], formats: Sequence[str]) -> Features:
    """Returns width, height, aspect ratio, log area and one column a format, [n, 4 + formats].

    Args:
        images: n of them.
        formats: a column each; an image of another format has 0 in all of them.
    """
    rows = [
        [
            image.width,
            image.height,
            image.width / image.height,
            np.log(image.width * image.height),
            *(image.format == name for name in formats),
        ]
        for image in images
    ]
    return np.array(rows, np.float64)


def grey_level(images: Sequence[Described]) -> Features:
    """Returns mean (0..255) and standard deviation of the grey values, [n, 2]."""
    return np.array([[image.mean, image.std] for image in images], np.float64)


def shortcut_classifier() -> Any:
    """Returns a logistic regression on standardised features, as a pipeline of scikit-learn."""
    # Imported here: scikit-learn takes a second.
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    # Strong regularisation: some groups have hundreds of features, some classes few images.
    regression = LogisticRegression(C=0.05, class_weight="balanced", max_iter=1_000)
    return make_pipeline(StandardScaler(), regression)


def patient_folds(labels: NDArray[Any], patients: NDArray[Any], count: int) -> Folds:
    """Returns (training indices, test indices) of each fold; no patient is in both.

    The patients of each class are dealt in turn, so that each fold has as many, give or take one.

    Args:
        labels: of the images, [n].
        patients: of the same, [n].
        count: how many folds.
    """
    names, first, inverse = np.unique(patients, return_index=True, return_inverse=True)
    order = np.random.default_rng(0).permutation(len(names))
    order = order[np.argsort(labels[first][order], kind="stable")]
    dealt = np.empty(len(names), np.int64)
    dealt[order] = np.arange(len(names)) % count
    of_image = dealt[inverse]
    return [(np.flatnonzero(of_image != k), np.flatnonzero(of_image == k)) for k in range(count)]


def cross_validate(matrix: Features, labels: NDArray[Any], folds: Folds) -> Features:
    """Returns probabilities [n, classes], each by a model that did not see the patient."""
    from sklearn.model_selection import cross_val_predict

    probabilities: Features = cross_val_predict(
        shortcut_classifier(), matrix, labels, cv=folds, method="predict_proba"
    )
    return probabilities
