"""Artifacts as ML Metadata hands them to the nodes of a decision and to the Pusher."""

import json
from pathlib import Path
from typing import Any

from tfx.components.evaluator import constants
from tfx.types import standard_artifacts

from components.artifacts import Approval
from components.gate.serving_blessing import BLESSED, MODEL_FILES, MODEL_ID
from components.saved_model.manifest import digest_files
from tests.signing import write_model

MODEL, OTHER_MODEL = 5, 6


class Artifacts:
    """Makes artifacts below a folder; the model is three files."""

    def __init__(self, folder: Path):
        self.model_folder = write_model(folder / "infra" / "stamped_model")
        self._folder = folder

    def gate(self, blessed: bool = True, model: int = MODEL) -> standard_artifacts.ModelBlessing:
        artifact = self._new(standard_artifacts.ModelBlessing, 20, "gate")
        artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(blessed))
        artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model)
        return artifact

    def served(
        self, blessed: bool = True, model: int = MODEL, number: int = 30
    ) -> standard_artifacts.InfraBlessing:
        artifact = self._new(standard_artifacts.InfraBlessing, number, "infra")
        artifact.set_int_custom_property(BLESSED, int(blessed))
        artifact.set_int_custom_property(MODEL_ID, model)
        artifact.set_int_custom_property("has_model", int(blessed))
        files = json.dumps(digest_files(self.model_folder)) if blessed else "{}"
        artifact.set_string_custom_property(MODEL_FILES, files)
        return artifact

    def decision(
        self, approved: bool, number: int = 40, model: int = MODEL, about: int = 30
    ) -> Approval:
        artifact = self._new(Approval, number, f"approval {number}")
        artifact.approved, artifact.by, artifact.at = int(approved), "Dr. Ruiz", "2026-11-28T09:00"
        artifact.model_id, artifact.infra_blessing_id = model, about
        files = digest_files(self.model_folder) if approved else {}
        artifact.model_files = json.dumps(files)
        return artifact

    def _new(self, kind: Any, number: int, name: str) -> Any:
        artifact = kind()
        artifact.mlmd_artifact.id = number
        artifact.uri = str(self._folder / name)
        return artifact
