"""Finds the model that a candidate is compared with: the latest blessed one before it."""

import json
from typing import Any

import ml_metadata as mlmd
from tfx import types
from tfx.components.evaluator import constants
from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio

from components.gate.serving_blessing import BLESSED, MODEL_ID
from components.saved_model.assets import RECIPE_ASSET

# Models that agree on these are measured by the same yardstick on images none was trained on.
_COMPARABLE = ("classes", "merge", "patient", "split", "split_seed")


class LatestBlessedBaseline(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate and can be compared with it.

    TFX's LatestBlessedModelStrategy would return the candidate itself when a run is repeated with
    everything cached, and so make the Evaluator run again. A model of other classes or of another
    patient split is passed over: it may have been trained on today's test images. So is one that
    was refused when served, or rejected by a person: nobody shall have to equal it.

    Inputs of the resolver node: `candidate`, and of any run `model`, `model_blessing`,
    `infra_blessing` and `approval`.

    Args:
        data: the recipe's data section, as JSON.
    """

    def __init__(self, data: str):
        self._data: dict[str, Any] = json.loads(data)

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns the baseline and its blessing alone, or nothing under `model`."""
        del store
        turned_down = _refused(input_dict["infra_blessing"]) | _rejected(input_dict["approval"])
        candidates = {model.id for model in input_dict["candidate"]}
        blessings = {
            blessing.get_int_custom_property(
                constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY
            ): blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 1
        }
        for model in sorted(input_dict["model"], key=lambda model: model.id, reverse=True):
            usable = model.id in blessings and model.id not in candidates | turned_down
            if usable and self._comparable(model):
                return _found(input_dict["candidate"], [model], [blessings[model.id]])
        return _found(input_dict["candidate"], [], [])

    def _comparable(self, model: types.Artifact) -> bool:
        path = f"{model.uri}/Format-Serving/assets/{RECIPE_ASSET}"
        if not fileio.exists(path):
            return False  # deleted since, or written by something else
        with fileio.open(path, "r") as file:
            other = json.load(file)["data"]
        return all(other.get(name) == self._data.get(name) for name in _COMPARABLE)


def _found(
    candidate: list[types.Artifact], model: list[types.Artifact], blessing: list[types.Artifact]
) -> dict[str, list[types.Artifact]]:
    return {
        "candidate": candidate,
        "model": model,
        "model_blessing": blessing,
        "infra_blessing": [],
        "approval": [],
    }


def _refused(infra_blessings: list[types.Artifact]) -> set[int]:
    """Returns the ids of models that were served, and never well."""
    served: dict[int, bool] = {}
    for blessing in infra_blessings:
        model = blessing.get_int_custom_property(MODEL_ID)
        blessed = blessing.get_int_custom_property(BLESSED) == 1
        served[model] = served.get(model, False) or blessed
    return {model for model, blessed in served.items() if not blessed}


def _rejected(approvals: list[types.Artifact]) -> set[int]:
    """Returns the ids of models whose latest decision is a rejection."""
    latest = {found.model_id: found for found in sorted(approvals, key=lambda one: one.id)}
    return {model for model, approval in latest.items() if approval.approved == 0}
