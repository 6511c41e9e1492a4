"""Finds the model that a candidate is compared with: the latest blessed one before it."""

import json
from typing import Any

import ml_metadata as mlmd
from tfx import types
from tfx.components.evaluator import constants
from tfx.dsl.components.common import resolver
from tfx.dsl.io import fileio

from components.trainer.export_names import RECIPE_ASSET

# Models that agree on these are measured by the same yardstick on images none was trained on.
_COMPARABLE = ("classes", "merge", "patient", "split", "split_seed")


class LatestBlessedBaseline(resolver.ResolverStrategy):
    """Resolves the latest blessed model that is not the candidate and can be compared with it.

    TFX's LatestBlessedModelStrategy would return the candidate itself when a run is repeated with
    everything cached, and so make the Evaluator run again. A model of other classes or of another
    patient split is passed over: it may have been trained on today's test images.

    Inputs of the resolver node: `model`, `model_blessing` (both of any run) and `candidate`.

    Args:
        data: the recipe's data section, as JSON.
    """

    def __init__(self, data: str):
        self._data: dict[str, Any] = json.loads(data)

    def resolve_artifacts(
        self, store: mlmd.MetadataStore, input_dict: dict[str, list[types.Artifact]]
    ) -> dict[str, list[types.Artifact]]:
        """Returns `input_dict` with the baseline alone under `model`, or nothing there."""
        del store
        candidates = {model.id for model in input_dict["candidate"]}
        blessings = {
            blessing.get_int_custom_property(
                constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY
            ): blessing
            for blessing in input_dict["model_blessing"]
            if blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY) == 1
        }
        for model in sorted(input_dict["model"], key=lambda model: model.id, reverse=True):
            if model.id in blessings and model.id not in candidates and self._comparable(model):
                return {**input_dict, "model": [model], "model_blessing": [blessings[model.id]]}
        return {**input_dict, "model": [], "model_blessing": []}

    def _comparable(self, model: types.Artifact) -> bool:
        path = f"{model.uri}/Format-Serving/assets/{RECIPE_ASSET}"
        if not fileio.exists(path):
            return False  # deleted since, or written by something else
        with fileio.open(path, "r") as file:
            other = json.load(file)["data"]
        return all(other.get(name) == self._data.get(name) for name in _COMPARABLE)
