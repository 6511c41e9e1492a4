"""Whether what a model returns for an image is a prediction at all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SUM_TOLERANCE = 1e-4  # float32 of some hundred classes differ from 1 by less than 1e-5


def prediction_fault(
    probabilities: NDArray[np.floating], label: str, names: Sequence[str]
) -> str | None:
    """Says what is wrong with the prediction for one image, or returns None.

    Args:
        probabilities: float [C].
        label: the class that the model names.
        names: of the C classes.
    """
    values = np.asarray(probabilities, np.float64)
    shown = ", ".join(f"{value:.6g}" for value in values.ravel()[:8])
    if values.ndim != 1 or not values.size or len(names) != values.size:
        return f"{len(names)} classes have probabilities of the shape {list(values.shape)}"
    if not np.isfinite(values).all():
        return f"probabilities are not finite numbers ({shown})"
    if values.min() < 0 or values.max() > 1 + SUM_TOLERANCE:
        return f"probabilities are outside of 0 to 1 ({shown})"
    if abs(values.sum() - 1) > SUM_TOLERANCE:
        return f"probabilities do not sum to 1, but to {values.sum():.6g} ({shown})"
    if len(set(names)) != len(names):
        return f"two classes have the same name ({', '.join(names[:8])})"
    if label not in names:
        return f"the label {label!r} is not one of the classes ({', '.join(names[:8])})"
    if values[list(names).index(label)] < values.max():
        top = names[int(values.argmax())]
        return f"the label is {label!r}, but the most probable class is {top!r} ({shown})"
    return None
