"""The result of a trial, as the nodes hand it on."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tfx import types
from tfx.dsl.io import fileio

FILE_NAME = "trial.json"
ALL_FILE = "tuner_results.json"  # of TFX's Tuner: all results, best first
BEST_FILE = "best_hyperparameters.txt"  # likewise


@dataclass(frozen=True)
class TrialResult:
    """A finished trial.

    Attributes:
        number: counted from 1.
        score: balanced accuracy on the eval split, 0..1; None where the space had no values left.
        values: `section.key` → value; {} likewise.
    """

    number: int
    score: float | None
    values: dict[str, Any]


def write_result(folder: str, result: TrialResult) -> None:
    """Writes a result into the folder of an artifact."""
    with fileio.open(os.path.join(folder, FILE_NAME), "w") as file:
        file.write(json.dumps(asdict(result), indent=2))


def read_results(artifacts: Iterable[types.Artifact]) -> list[TrialResult]:
    """Returns the results in artifacts, by number; trials without values are left out."""
    found = []
    for artifact in artifacts:
        with fileio.open(os.path.join(artifact.uri, FILE_NAME), "r") as file:
            found.append(TrialResult(**json.loads(file.read())))
    return sorted((one for one in found if one.values), key=lambda one: one.number)
