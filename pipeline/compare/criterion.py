"""The criterion by which recipes are ranked: a number computed from a confusion matrix."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.compare.errors import CompareError

Floats = NDArray[np.float64]
RECALL_OF = "recall:"


def recalls(matrices: Floats) -> Floats:
    """Returns the recall of each class, NaN without cases: [..., C, C] → [..., C]."""
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    cases = matrices.sum(-1)
    return np.divide(hits, cases, out=np.full(hits.shape, np.nan), where=cases > 0)


def accuracy(matrices: Floats) -> Floats:
    """Returns the share of correct predictions: [..., C, C] → [...]."""
    hits = np.trace(matrices, axis1=-2, axis2=-1)
    return np.asarray(hits / matrices.sum((-2, -1)))


def balanced_accuracy(matrices: Floats) -> Floats:
    """Returns the mean recall of the classes that have cases: [..., C, C] → [...]."""
    found = recalls(matrices)
    return np.asarray(np.nansum(found, -1) / np.maximum(np.isfinite(found).sum(-1), 1))


def macro_f1(matrices: Floats) -> Floats:
    """Returns the mean F1 of the classes; it is 0 for one without a hit: [..., C, C] → [...]."""
    hits = np.diagonal(matrices, axis1=-2, axis2=-1)
    both = matrices.sum(-1) + matrices.sum(-2)
    return np.asarray((2 * hits / np.maximum(both, 1)).mean(-1))


def min_recall(matrices: Floats) -> Floats:
    """Returns the lowest recall of the classes that have cases: [..., C, C] → [...]."""
    return np.asarray(np.nan_to_num(recalls(matrices), nan=np.inf).min(-1))


NAMED: dict[str, Callable[[Floats], Floats]] = {
    "balanced_accuracy": balanced_accuracy,
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "min_recall": min_recall,
}


@dataclass(frozen=True)
class Criterion:
    """A number by which recipes are ranked: higher is better.

    Attributes:
        name: as `--by` takes it.
        value: confusion matrices [..., C, C], true class by predicted class → [...].
    """

    name: str
    value: Callable[[Floats], Floats]

    @property
    def words(self) -> str:
        """The name in a sentence."""
        return self.name.replace(RECALL_OF, "recall of ").replace("_", " ")


def parse_criterion(text: str, classes: tuple[str, ...]) -> Criterion:
    """Reads `--by`.

    Args:
        text: a name of `NAMED`, or `recall:CLASS`.
        classes: of the recipes.

    Raises:
        CompareError: it is neither.
    """
    if text in NAMED:
        return Criterion(text, NAMED[text])
    if text.startswith(RECALL_OF) and (label := text.removeprefix(RECALL_OF)) in classes:
        index = classes.index(label)
        return Criterion(text, lambda matrices: recalls(matrices)[..., index])
    raise CompareError(
        f"--by takes {', '.join(NAMED)} or recall:CLASS, with a class of {list(classes)}. "
        f"Received: {text!r}"
    )
