"""What became of one image of a study."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from serving.client.prediction import Prediction


@dataclass(frozen=True)
class InstanceResult:
    """What became of one image of a study.

    Attributes:
        path: the DICOM file as it was received.
        prediction: the answer of the model's server; None if it was not asked.
        reason: why there is no prediction, in words; None if there is one.
        heatmap: float32 [h, w] in 0..1; None for that of the prediction, if it has one.
    """

    path: Path
    prediction: Prediction | None
    reason: str | None
    heatmap: NDArray[np.float32] | None = None

    @property
    def answer(self) -> Prediction | None:
        """The prediction, if there is one and it is no error."""
        return self.prediction if self.prediction is not None and self.prediction.ok else None

    @property
    def why_not(self) -> str:
        """Why there is no prediction; '' if there is one."""
        if self.answer is not None:
            return ""
        error = self.prediction.error if self.prediction is not None else None
        return self.reason or error or "the model was not asked"

    @property
    def shown_heatmap(self) -> NDArray[np.float32] | None:
        """The heatmap of the prediction, if there are both."""
        if self.answer is None:
            return None
        return self.heatmap if self.heatmap is not None else self.answer.heatmap
