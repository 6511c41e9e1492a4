"""Artifacts as ML Metadata hands them to the nodes of a decision."""

import json
from pathlib import Path
from typing import Any

import pytest
from tfx.components.evaluator import constants
from tfx.types import standard_artifacts

from components.approval.model_files import digest_files
from components.artifacts import Approval
from components.gate.serving_blessing import BLESSED, MODEL_ID

MODEL, OTHER_MODEL = 5, 6


class Artifacts:
    """Makes artifacts below a folder; the model is three files."""

    def __init__(self, folder: Path):
        self.model_folder = folder / "infra" / "stamped_model"
        (self.model_folder / "variables").mkdir(parents=True)
        for name in ("saved_model.pb", "labels.txt", "variables/variables.index"):
            (self.model_folder / name).write_text(name)
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
        return artifact

    def decision(
        self, approved: bool, number: int = 40, model: int = MODEL, about: int = 30
    ) -> Approval:
        artifact = self._new(Approval, number, f"approval {number}")
        artifact.approved, artifact.by, artifact.at = int(approved), "Dr. Ruiz", "2026-11-28T09:00"
        artifact.model_id, artifact.infra_blessing_id = model, about
        files = digest_files(str(self.model_folder)) if approved else {}
        artifact.model_files = json.dumps(files)
        return artifact

    def _new(self, kind: Any, number: int, name: str) -> Any:
        artifact = kind()
        artifact.mlmd_artifact.id = number
        artifact.uri = str(self._folder / name)
        return artifact


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path)
