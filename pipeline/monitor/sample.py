"""Predictions in the form in which the checks compare them: of the reference, or of the log."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.gate.pushed_reference import Reference
from serving.request_log.reader import Logged

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Sample:
    """N predictions among C classes.

    Attributes:
        probabilities: float64 [N, C].
        uncertain: float64 [N]: 1 or 0, NaN where it is not known.
        out_of_distribution: the same.
        quality: brightness, contrast (mean and standard deviation of the grey values) and size
            (pixels) → float64 [N], NaN where it is not known.
        formats: of the files, str [N]; '' where it is not known.
    """

    probabilities: Floats
    uncertain: Floats
    out_of_distribution: Floats
    quality: Mapping[str, Floats]
    formats: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class, int64 [N]."""
        return self.probabilities.argmax(-1)


def sample_of(source: Reference | Logged) -> Sample:
    """Returns the predictions of a reference or a log."""
    quality = source.quality
    return Sample(
        source.probabilities.astype(np.float64),
        source.uncertain,
        source.out_of_distribution,
        {
            "brightness": quality["mean"],
            "contrast": quality["std"],
            "size": quality["width"] * quality["height"],
        },
        source.formats,
    )
