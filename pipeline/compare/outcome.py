"""The results of the trainings of one recipe."""

from dataclasses import dataclass, field

from pipeline.compare.candidates import Candidate
from pipeline.compare.predictions import Predictions


@dataclass(frozen=True)
class Cost:
    """Size and speed of a model.

    Attributes:
        megabytes: of the SavedModel on disk.
        parameters: number of the network's weights.
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
        predictions: of the images of the test split.
        seconds: that the Trainer took when it ran, also if this result is from the cache.
        history: phase → logs of each epoch.
        cost: size and latency of the model.
    """

    fold: int
    predictions: Predictions
    seconds: float
    history: dict[str, list[dict[str, float]]]
    cost: Cost


@dataclass
class Outcome:
    """A recipe and its results.

    Attributes:
        candidate: the recipe.
        rounds: one a fold, up to a failure.
        failure: why a training failed; '' if none did.
    """

    candidate: Candidate
    rounds: list[Round] = field(default_factory=list)
    failure: str = ""
