"""The uncertainty settings of a model: a file beside the Trainer's logs and in the assets."""

import json
import math
from dataclasses import asdict, dataclass
from typing import Any

UNCERTAINTY_FILE = "uncertainty.json"


@dataclass(frozen=True)
class UncertaintySummary:
    """The settings that became part of a model, and their effect on the eval split.

    Attributes:
        temperature: divides the logits; 1 changes nothing.
        uncertain_below: top probability below which a prediction is uncertain; 0: none is.
        deferred: share of the eval split below it, in 0..1.
        lowest_recall: of any class among the others; NaN if undefined.
        ood_false_positive_rate: allowed share of in-distribution images that are flagged as out of
            distribution; None: the model flags no image.
        images: number in the eval split.
        out_of_distribution: of these, flagged.
    """

    temperature: float = 1.0
    uncertain_below: float = 0.0
    deferred: float = 0.0
    lowest_recall: float = math.nan
    ood_false_positive_rate: float | None = None
    images: int = 0
    out_of_distribution: int = 0

    def to_json(self) -> str:
        """Returns the content of the file, with null for an undefined recall."""
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
