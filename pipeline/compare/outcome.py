"""What came of the trainings of one recipe."""

from dataclasses import dataclass, field

from pipeline.compare.candidates import Candidate
from pipeline.compare.predictions import Predictions


@dataclass(frozen=True)
class Cost:
    """What a model costs.

    Attributes:
        megabytes: of the SavedModel on disk.
        parameters: numbers that the network holds.
        latency: median milliseconds of one image through `serving_default`, in this process.
    """

    megabytes: float
    parameters: int
    latency: float


@dataclass(frozen=True)
class Round:
    """A recipe trained and tested in one fold.

    Attributes:
        fold: its number; 0 for the recipes' own splits.
        answers: about the images of the test split.
        seconds: that the Trainer took, when it last really ran.
        history: phase → logs of each epoch.
        cost: size and latency of the model.
    """

    fold: int
    answers: Predictions
    seconds: float
    history: dict[str, list[dict[str, float]]]
    cost: Cost


@dataclass
class Outcome:
    """A recipe and how it fared.

    Attributes:
        candidate: the recipe.
        rounds: one a fold, as far as it got.
        failure: why it did not get to the end; '' if it did.
    """

    candidate: Candidate
    rounds: list[Round] = field(default_factory=list)
    failure: str = ""
