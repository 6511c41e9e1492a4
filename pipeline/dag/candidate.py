"""The model of a run that a person approves or rejects."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Candidate:
    """The model of a run that a person approves or rejects.

    Attributes:
        run: its id.
        pipeline: its name.
        pipeline_root: folder of its artifacts.
        model: name under which the model is pushed.
        classes: in the order of the model's outputs.
        data_fingerprint: of the images.
        push_destination: of the run's Pusher, as JSON.
        model_id: of the Model.
        model_blessing: the gate's.
        infra_blessing: of the ServingValidator.
        evaluation: of the gate.
        version: under which it has been pushed; None if it has not.
    """

    run: str
    pipeline: str
    pipeline_root: str
    model: str
    classes: tuple[str, ...]
    data_fingerprint: str
    push_destination: str
    model_id: int
    model_blessing: Any
    infra_blessing: Any
    evaluation: Any
    version: int | None
