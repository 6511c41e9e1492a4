"""The node that records a decision, and what the Pusher makes of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from tfx.types import standard_artifacts

from components.approval import component
from components.approval.component import RecordDecision
from components.approval.decision import Decision
from components.artifacts import Approval
from components.gate.patient_table import ClassBounds
from components.gate.results import OVERALL, Results, class_result
from components.saved_model.manifest import ChangedModelError
from tests.signing import CHANGES

CLASSES = ("a", "b")
MATRIX = np.array([[9.0, 1.0], [0.0, 10.0]])


@pytest.fixture
def record(artifacts, tmp_path, monkeypatch):
    """Returns a function from a decision to the artifact.

    The results are given: that TFMA's files are read rightly is tested in the room of the gate.
    """
    bounds = ClassBounds(10, (0.6, 1.0), (0.6, 1.0))
    classes = tuple(
        class_result(MATRIX, index, label, bounds) for index, label in enumerate(CLASSES)
    )
    results = Results(True, {OVERALL: MATRIX}, classes, {}, ())
    monkeypatch.setattr(component, "load_results", lambda uri, labels: results)

    def run(approved: bool, served: standard_artifacts.InfraBlessing | None = None) -> Approval:
        model, evaluation, approval = (
            kind()
            for kind in (standard_artifacts.Model, standard_artifacts.ModelEvaluation, Approval)
        )
        model.mlmd_artifact.id, approval.mlmd_artifact.id = 5, 40
        approval.uri = str(tmp_path / "approval")
        decision = Decision(approved, "Dr. Ruiz", "40 cases", "2026-11-28", "r", "f00d", CLASSES)
        RecordDecision.test_call(
            model=model,
            infra_blessing=served or artifacts.served(),
            evaluation=evaluation,
            approval=approval,
            decision=decision.to_json(),
        )
        return approval

    return run


@pytest.mark.parametrize("approved", [True, False])
def test_it_says_who_decided_what_about_which_model_and_why(record, approved):
    found = record(approved)
    assert (found.approved, found.by, found.note) == (int(approved), "Dr. Ruiz", "40 cases")
    assert (found.at, found.run, found.data_fingerprint) == ("2026-11-28", "r", "f00d")
    assert (found.model_id, found.infra_blessing_id) == (5, 30)
    recalls = json.loads(found.recalls)
    assert recalls["a"][0] == pytest.approx(0.9) and 0.5 < recalls["a"][1] < 0.9


def test_the_file_says_the_same(record):
    found = record(True)
    written = json.loads(Path(found.uri, "approval.json").read_text())
    for name in ("by", "note", "at", "run", "data_fingerprint", "model_id", "infra_blessing_id"):
        assert written[name] == getattr(found, name)
    assert written["approved"] is True and written["model_files"] == json.loads(found.model_files)
    assert [one["label"] for one in written["classes"]] == list(CLASSES)


def test_an_approval_is_bound_to_the_files_a_rejection_is_not(record):
    files = json.loads(record(True).model_files)
    assert sorted(files) == ["assets/labels.txt", "saved_model.pb", "variables/variables.index"]
    assert record(False).model_files == "{}"


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_changed_after_its_validation_is_not_approved(record, artifacts, change):
    served = artifacts.served()
    CHANGES[change](artifacts.model_folder)
    with pytest.raises(ChangedModelError) as error:
        record(True, served)
    assert change in str(error.value) and "ServingValidator" in str(error.value)


def test_a_model_that_changed_can_be_rejected(record, artifacts):
    served = artifacts.served()
    CHANGES["extra.so was added"](artifacts.model_folder)
    assert record(False, served).approved == 0
