"""The predictions as columns, read row by row from the table of scores."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.imaging.quarantine import Quarantined
from components.runtime.text import one_line
from pipeline.external.errors import ExternalError
from pipeline.external.images import LabelledImages
from serving.score.origin import Origin
from serving.score.rows import Row


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Predicted:
    """The predictions for n of the N images.

    Attributes:
        images: all N.
        kept: index of each predicted image, ascending, int64 [n].
        probabilities: float32 [n, C], the classes in the order of `images.classes`.
        uncertain: whether a prediction is not to be relied on, bool [n].
        out_of_distribution: whether an image is unlike those of training, bool [n].
        failed: the images without a prediction, and why.
    """

    images: LabelledImages
    kept: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    uncertain: NDArray[np.bool_]
    out_of_distribution: NDArray[np.bool_]
    failed: tuple[Quarantined, ...]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Index of the true class, int64 [n]."""
        return self.images.labels[self.kept]

    @property
    def patients(self) -> NDArray[np.str_]:
        """Number of the patient, as text, [n]."""
        return self.images.patients[self.kept]


def read_predictions(images: LabelledImages, rows: Iterable[Row], origin: Origin) -> Predicted:
    """Reads the table once; of each row only numbers stay.

    Args:
        images: that were scored.
        rows: of the table, ascending by file; rows of other files are left out.
        origin: the model of the rows.

    Raises:
        ExternalError: the model has other classes, or no image has a prediction.
    """
    columns = _columns(images.classes, origin)
    total, known = len(images.names), tuple(map(one_line, images.names))
    probabilities = np.zeros((total, len(columns)), np.float32)
    found, uncertain, unlike = (np.zeros(total, bool) for _ in range(3))
    failed: list[Quarantined] = []
    at = 0
    for row in rows:
        at = bisect_left(known, row.file, at)
        if at == total:
            break
        if known[at] != row.file:
            continue
        if row.error:
            reason, _, detail = row.error.partition(": ")
            failed.append(Quarantined(images.names[at], reason, detail))
            continue
        found[at] = True
        probabilities[at] = [row.probabilities[column] for column in columns]
        uncertain[at], unlike[at] = bool(row.uncertain), bool(row.out_of_distribution)
    if not found.any():
        why = f"{failed[0].reason}: {failed[0].detail}" if failed else "no image was scored"
        raise ExternalError(
            f"No labelled image of {images.root} has a prediction. The first reason: {why}"
        )
    return Predicted(
        images,
        np.flatnonzero(found),
        probabilities[found],
        uncertain[found],
        unlike[found],
        tuple(failed),
    )


def _columns(classes: Sequence[str], origin: Origin) -> list[int]:
    if set(origin.classes) != set(classes):
        raise ExternalError(
            f"{origin.model}/{origin.version} predicts {list(origin.classes)}, and the recipe has "
            f"the classes {list(classes)}. Name the model's recipe with --recipe."
        )
    return [origin.classes.index(name) for name in classes]
