"""What the Trainer measured about a model's doubts: the file beside its logs and in its assets."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

UNCERTAINTY_FILE = "uncertainty.json"


@dataclass(frozen=True)
class UncertaintySummary:
    """What became part of a model, and what it does on the eval split.

    Attributes:
        temperature: divides the logits; 1 changes nothing.
        uncertain_below: top probability below which an answer is uncertain; 0: none is.
        deferred: share of the eval split that is below it.
        lowest_recall: of any class among the others; NaN if undefined.
        ood_false_positive_rate: share of images of the right kind that may be called out of
            distribution; None: none is.
        images: of the eval split.
        out_of_distribution: of these, called so.
    """

    temperature: float = 1.0
    uncertain_below: float = 0.0
    deferred: float = 0.0
    lowest_recall: float = math.nan
    ood_false_positive_rate: float | None = None
    images: int = 0
    out_of_distribution: int = 0

    def to_json(self) -> str:
        """Returns the content of the file; an undefined recall is null."""
        values = asdict(self)
        if math.isnan(self.lowest_recall):
            values["lowest_recall"] = None
        return json.dumps(values, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "UncertaintySummary":
        """Reads what `to_json` wrote."""
        values: dict[str, Any] = json.loads(text)
        if values["lowest_recall"] is None:
            values["lowest_recall"] = math.nan
        return cls(**values)
