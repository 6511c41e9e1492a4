"""The predictions that decided about a model, of a test split or of folds, and their CSV file."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from components.gate.results import confusion_matrix


@dataclass(frozen=True)
class Predictions:
    """The predictions for N images among C classes.

    Attributes:
        classes: in the order of the probabilities.
        filenames: N relative paths in the data folder.
        patients: N keyed hashes.
        labels: int64 [N], the true class.
        probabilities: float32 [N, C]; each row sums to 1.
        uncertain: bool [N], whether the model flags the prediction as uncertain.
        out_of_distribution: bool [N], whether it flags the image as unlike the training images.
        features: of a slice → N values as TFMA writes them, None where an image has none.
        scores: of out of distribution, float32 [N], or None.
        embeddings: float32 [N, 32], or None.
    """

    classes: tuple[str, ...]
    filenames: tuple[str, ...]
    patients: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    uncertain: NDArray[np.bool_]
    out_of_distribution: NDArray[np.bool_]
    features: Mapping[str, tuple[str | None, ...]]
    scores: NDArray[np.float32] | None = None
    embeddings: NDArray[np.float32] | None = None

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """The class with the highest probability, int64 [N]."""
        return self.probabilities.argmax(-1)

    @cached_property
    def confidence(self) -> NDArray[np.float32]:
        """The highest probability, float32 [N]."""
        return self.probabilities.max(-1)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Whether the prediction is the true class, bool [N]."""
        return self.predicted == self.labels

    def matrix(self) -> NDArray[np.int64]:
        """Returns the confusion matrix [C, C] of counts, true class by prediction."""
        return confusion_matrix(self.labels, self.probabilities).astype(np.int64)


def to_csv(predictions: Predictions) -> str:
    """Returns the file, one row an image.

    Columns: filename, patient, label, answer, uncertain and out_of_distribution (true or false),
    and `p_<class>` of each class.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = predictions.classes
    first = ("filename", "patient", "label", "answer", "uncertain", "out_of_distribution")
    writer.writerow([*first, *(f"p_{name}" for name in names)])
    rows = zip(
        predictions.filenames,
        predictions.patients,
        predictions.labels,
        predictions.predicted,
        predictions.uncertain,
        predictions.out_of_distribution,
        predictions.probabilities,
        strict=True,
    )
    for filename, patient, label, predicted, *flags, probabilities in rows:
        # Nine digits give back the same float32.
        values = (f"{value:.9g}" for value in probabilities)
        booleans = [str(bool(flag)).lower() for flag in flags]
        writer.writerow([filename, patient, names[label], names[predicted], *booleans, *values])
    return text.getvalue()
