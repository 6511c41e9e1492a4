"""The artifact as TFX's Pusher reads it."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from tfx.components.pusher.executor import Executor
from tfx.components.util.model_utils import is_infra_validated
from tfx.types import standard_artifacts

from components.gate.serving_blessing import INCONCLUSIVE, MODEL_ID, REASON, Verdict, publish
from components.gate.validated_copy import validated_files

FILES = {"saved_model.pb": "0" * 64}


@pytest.fixture
def published(tmp_path):
    """Returns a function from a verdict and a log to the artifact; the model is one file."""
    saved_model = tmp_path / "model"
    saved_model.mkdir()
    (saved_model / "saved_model.pb").write_text("graph")

    def run(verdict: Verdict, log: str = "") -> standard_artifacts.InfraBlessing:
        blessing, model = standard_artifacts.InfraBlessing(), standard_artifacts.Model()
        blessing.uri, model.mlmd_artifact.id = str(tmp_path / "blessing"), 5
        publish(verdict, blessing, model, str(saved_model), FILES, log)
        written = json.loads(Path(blessing.uri, "validation.json").read_text())
        assert written == asdict(verdict) | {"model_files": FILES}
        assert validated_files(blessing) == FILES
        assert blessing.get_int_custom_property(MODEL_ID) == 5
        return blessing

    return run


def test_a_blessed_model_is_copied_for_the_pusher(published):
    blessing = published(Verdict(True))
    assert is_infra_validated(blessing)
    pushed = Executor().GetModelPath({"infra_blessing": [blessing]})
    assert Path(pushed, "saved_model.pb").read_text() == "graph"


@pytest.mark.parametrize("conclusive", [True, False])
def test_a_refused_model_is_not_copied(published, conclusive):
    blessing = published(Verdict(False, "it crashed", conclusive), log="Segmentation fault")
    assert not is_infra_validated(blessing)
    assert blessing.get_string_custom_property(REASON) == "it crashed"
    assert blessing.get_int_custom_property(INCONCLUSIVE) == int(not conclusive)
    assert Path(blessing.uri, "server.log").read_text() == "Segmentation fault"
    assert not Path(blessing.uri, "stamped_model").exists()


def test_without_a_log_there_is_no_file(published):
    assert not Path(published(Verdict(False, "not tried")).uri, "server.log").exists()
