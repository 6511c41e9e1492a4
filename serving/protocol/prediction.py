"""The prediction of a model for one image."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Prediction:
    """The prediction for one image, or the reason why there is none.

    Attributes:
        source: the path as given, or 'image 0', 'image 1', ... for bytes.
        version: of the model that was asked; None where the image was never sent.
        probabilities: by class, in the model's order, each in 0..1; their sum is 1. Empty on an
            error.
        label: the most probable class, or None.
        uncertain: whether the prediction is not to be relied on: the probability of `label` is
            below the model's threshold, or the image is out of distribution.
        out_of_distribution: whether the image is unlike those of training.
        heatmap: float32 [h, w] in 0..1 on the grid of the last feature map; of `explain` only.
        out_of_distribution_score: above 0 where it is; with a log or a heatmap, and
            of a shadow, only.
        embedding: float32 [32]; as the score.
        error: why there is no prediction: the image can't be read, the server refused it, or the
            model's values are no prediction. None if there is one.
        invalid: whether the last of these is the reason.
    """

    source: str
    version: int | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    label: str | None = None
    uncertain: bool | None = None
    out_of_distribution: bool | None = None
    heatmap: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    out_of_distribution_score: float | None = None
    embedding: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
    error: str | None = None
    invalid: bool = False

    @property
    def ok(self) -> bool:
        """Whether there is a prediction."""
        return self.error is None
