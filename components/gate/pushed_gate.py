"""What the gate asked of a model and what it found, as a file of the pushed version.

So a site that gets only the folder can hold the model to the same floors on its own images, and
compare with the figures of the test split. No image and no patient is in it.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from components.gate.results import ClassResult
from components.recipe.evaluation import EvaluationSection
from components.runtime.errors import first_line
from components.saved_model.manifest import ChangedModelError
from components.storage.atomic_write import write_atomically

GATE = "assets.extra/gate.json"


@dataclass(frozen=True)
class PushedGate:
    """The gate of a pushed model.

    Attributes:
        evaluation: the recipe's section, with floors and slices.
        classes: result of each class on the images that decided.
    """

    evaluation: EvaluationSection
    classes: tuple[ClassResult, ...]


def write_gate(folder: Path, gate: PushedGate) -> None:
    """Writes the file into the folder of a SavedModel.

    Raises:
        OSError: it can't be written.
    """
    (folder / GATE).parent.mkdir(exist_ok=True)
    values = {
        "evaluation": gate.evaluation.plain(),
        "classes": [without_nan(asdict(result)) for result in gate.classes],
    }
    write_atomically(folder / GATE, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def read_gate(folder: Path) -> PushedGate | None:
    """Reads what `write_gate` wrote; None if the version has no such file.

    Raises:
        ChangedModelError: it is not such a file.
        OSError: it can't be read.
    """
    try:
        values = json.loads((folder / GATE).read_bytes())
        return PushedGate(
            EvaluationSection.model_validate(values["evaluation"]),
            tuple(ClassResult(**_with_nan(one)) for one in values["classes"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise ChangedModelError(
            f"{GATE} says what the gate asked of a model. In {folder} it can't be read "
            f"({first_line(error)}). Restore it from a backup, or push the model again with this "
            "version of medtfx."
        ) from error


def without_nan(values: Any) -> Any:
    """Returns JSON-able values with null for every number that is not defined."""
    if isinstance(values, dict):
        return {key: without_nan(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [without_nan(value) for value in values]
    return None if isinstance(values, float) and math.isnan(values) else values


def _with_nan(values: dict[str, Any]) -> dict[str, Any]:
    return {name: math.nan if value is None else value for name, value in values.items()}
