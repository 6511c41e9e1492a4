"""What the emulator shows of the runs and KFP's API does not: files, attempts, jobs of Beam."""

import json
import re
from pathlib import Path

import ml_metadata
import pytest

from components.nodes import BEAM_NODES
from pipeline.metadata.connection import connection
from tests.cluster.site import Emulator
from tests.doubles.beam_engine import jobs_run
from tests.doubles.kfp_pod import Run
from tests.small_recipe import WORKING


@pytest.fixture(scope="module")
def emulator(site) -> Emulator:
    if not isinstance(site, Emulator):
        pytest.skip("a live cluster has none of the emulator's files")
    return site


@pytest.fixture(scope="module")
def first(emulator, first_run) -> Run:
    return emulator.server.ended[first_run.run_id]


@pytest.fixture(scope="module")
def again_and_refused(emulator, two_at_once) -> list[Run]:
    return [emulator.server.ended[ended.run_id] for ended in two_at_once]


def cached(run: Run) -> set[str]:
    """Returns the nodes that were taken from the cache."""
    logs = "".join(attempt.log for attempt in run.attempts)
    return set(re.findall(r"(\w+) is taken from the cache", logs))


def loaded_tensorflow(run: Run) -> list[str]:
    """Returns the tasks that loaded TensorFlow."""
    return [attempt.task for attempt in run.attempts if "TensorFlow and TFX loaded" in attempt.log]


def test_the_nodes_on_beam_leave_their_work_to_an_engine(emulator, again_and_refused):
    # DataAudit has a job for each of its passes. Of the runs after the first one, only the
    # Evaluator of the other floor has work for Beam.
    assert jobs_run(Path(emulator.work).parent) == len(BEAM_NODES) + 2


def test_kfp_shows_the_verdict(first):
    page = first.artifacts["evaluator", "verdict"].read_text()
    assert page.startswith("# Blessed\n")
    assert all(f"| {name} |" in page for name in ("COVID", "NORMAL", "PNEUMONIA"))
    metrics = first.metadata["evaluator", "gate"]
    assert metrics["blessed"] == 1.0
    assert 0 < metrics["COVID low"] < metrics["COVID recall"] <= 1
    assert 0 <= metrics["COVID margin"] < 1
    assert json.loads(first.artifacts["evaluator", "gate"].read_text()) == metrics
    matrix = first.metadata["evaluator", "confusion_matrix"]["confusionMatrix"]
    assert len(matrix["annotationSpecs"]) == len(matrix["rows"]) == 3


def test_kfp_shows_the_web_pages(first):
    for task in ("image-example-gen", "pusher"):
        assert first.artifacts[task, "page"].read_text().lstrip().startswith("<!")


def test_kfp_s_lists_show_names_for_what_tfx_wrote(emulator, first):
    store = ml_metadata.MetadataStore(connection(emulator.metadata))
    executions = store.get_executions()
    names = {e.custom_properties["display_name"].string_value for e in executions}
    assert names >= {"ImageExampleGen", "Trainer", "Pusher"}
    artifacts = store.get_artifacts_by_type("Model")
    assert artifacts[0].custom_properties["display_name"].string_value == "Trainer model"


def test_what_nodes_write_is_not_for_everybody(emulator, first):
    # What Beam's workers write below these folders has the permissions that their pool gives.
    root, of_beam = Path(emulator.root), set(BEAM_NODES)
    written = [path for path in root.rglob("*") if not of_beam & {*path.parts[:-1]}]
    assert len(written) > 50
    assert not [path for path in written if path.stat().st_mode & 0o027]


def test_each_log_says_which_node_it_is_and_how_it_went(first):
    for attempt in first.attempts:
        if attempt.code == 0:
            assert f" of quickstart, run {first.run_id}" in attempt.log
            assert re.search(r" took \d+\.\d s", attempt.log)
        assert "Traceback" not in attempt.log
    assert re.search(r"  read examples: /.*\n", first.log("transform"))
    assert re.search(r"  wrote model: /.*\n", first.log("trainer"))
    assert "epochs" in first.log("trainer") or "batches" in first.log("trainer")


def test_a_run_that_is_all_in_the_cache_loads_no_tensorflow(first, again_and_refused):
    again, _ = again_and_refused
    assert loaded_tensorflow(again) == []
    assert cached(again) == WORKING
    before, now = (run.artifacts["evaluator", "verdict"].read_text() for run in (first, again))
    assert before == now
    assert again.artifacts["pusher", "page"].read_text().lstrip().startswith("<!")
    assert "Blessed: " in again.log("pusher")


def test_another_floor_is_nothing_to_the_nodes_before_the_evaluator(again_and_refused):
    _, refused = again_and_refused
    assert cached(refused) >= {
        "ImageExampleGen",
        "StatisticsGen",
        "SchemaGen",
        "ExampleValidator",
        "DataAudit",
        "Transform",
        "Trainer",
    }
    # The first task builds the pipeline of these overrides; the others find it.
    assert loaded_tensorflow(refused) == ["image-example-gen", "evaluator", "pusher"]
    assert "Nothing was pushed." in refused.log("pusher")
    assert (
        refused.artifacts["evaluator", "verdict"].read_text().startswith("# NOT blessed: nothing")
    )
    assert refused.metadata["evaluator", "gate"]["blessed"] == 0.0
    assert refused.metadata["evaluator", "gate"]["COVID margin"] < 0
