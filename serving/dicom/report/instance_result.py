"""What became of one image of a study."""

from dataclasses import dataclass
from pathlib import Path

from serving.protocol.prediction import Prediction


@dataclass(frozen=True)
class InstanceResult:
    """What became of one image of a study.

    Attributes:
        path: the DICOM file as it was received.
        prediction: the answer of the model's server; None if it was not asked.
        reason: why there is no prediction, in words; None if there is one.
    """

    path: Path
    prediction: Prediction | None
    reason: str | None

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
