"""Finds the model that a candidate is compared with: the latest blessed one before it."""

import json
from typing import Any

import ml_metadata as mlmd
from tfx import types
from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio

from components.gate.model_blessing import BLESSED_MODEL_ID, MODEL_BLESSED
from components.gate.serving_blessing import BLESSED, MODEL_ID
from components.saved_model.assets import RECIPE_ASSET

# Models that agree in these keys are measured on the same images, and none was trained on them.
_COMPARABLE = ("classes", "merge", "patient", "split", "split_seed")
# Custom property of the out-of-fold predictions: id of the model that they decide about.
PREDICTED_MODEL_ID = "model_id"


class LatestBlessedBaseline(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate and is comparable with it.

    TFX's LatestBlessedModelStrategy would return the candidate itself in a repeated run with
    everything cached, and so make the Evaluator run again. A model with other classes or another
    patient split is not comparable: it may have been trained on the current test images. A model
    that the ServingValidator refused or a person rejected is no baseline either.

    A model that is judged by folds was trained on all images, so it is no baseline on a test split.
    With folds the predictions of the models of two cross-validations are compared, in which each
    image was predicted by models that had not seen it.

    Inputs of the resolver node: `candidate`, and of any run `model`, `model_blessing`,
    `infra_blessing`, `approval` and, with folds, `predictions`.

    Args:
        data: the recipe's data section, as JSON.
        folds: `evaluation.folds`; 0 for a test split, since TFX takes no None here.
    """

    def __init__(self, data: str, folds: int = 0):
        self._data: dict[str, Any] = json.loads(data)
        self._folds = folds

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns only the baseline, its blessing and its predictions, or [] without a baseline."""
        del store
        nothing: dict[str, list[types.Artifact]] = {key: [] for key in input_dict}
        nothing["candidate"] = input_dict["candidate"]
        predictions = {
            found.get_int_custom_property(PREDICTED_MODEL_ID): [found]
            for found in input_dict.get("predictions", [])
            if fileio.exists(found.uri)
        }
        excluded = _refused(input_dict["infra_blessing"]) | _rejected(input_dict["approval"])
        candidates = {model.id for model in input_dict["candidate"]}
        blessings = {
            blessing.get_int_custom_property(BLESSED_MODEL_ID): blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property(MODEL_BLESSED) == 1
        }
        for model in sorted(input_dict["model"], key=lambda model: model.id, reverse=True):
            usable = model.id in blessings and model.id not in candidates | excluded
            if not usable or not self._comparable(model):
                continue
            found = nothing | {"model": [model], "model_blessing": [blessings[model.id]]}
            if not self._folds:
                return found
            if model.id in predictions:
                return found | {"predictions": predictions[model.id]}
        return nothing

    def _comparable(self, model: types.Artifact) -> bool:
        path = f"{model.uri}/Format-Serving/assets/{RECIPE_ASSET}"
        if not fileio.exists(path):
            return False  # deleted, or not a model of this product
        with fileio.open(path, "r") as file:
            other = json.load(file)
        of_data = other["data"]
        same = all(of_data.get(name) == self._data.get(name) for name in _COMPARABLE)
        return same and (other.get("folds") or 0) == self._folds


def _refused(infra_blessings: list[types.Artifact]) -> set[int]:
    """Returns the ids of models that the ServingValidator refused in every attempt."""
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
