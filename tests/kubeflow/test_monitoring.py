"""The task Monitor, as a container of a package runs it: alone, and before a training."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib import metadata
from typing import Any

import pytest

from components.gate.pushed_reference import write_reference
from components.runtime.environment import PATIENT_KEY
from components.runtime.stack import installed_stack
from kubeflow.package.compile import compile_package, write_package
from kubeflow.package.container import PackageOptions
from kubeflow.package.dag import Task
from kubeflow.results import Result, read_results
from pipeline.recipes.loader import load_recipe
from serving.protocol.prediction import Prediction
from serving.request_log.record import LoggedImage, LogRecord
from serving.request_log.request_log import RequestLog
from tests.doubles.kfp_emulator import light_environment, run_package
from tests.doubles.kfp_package import parse
from tests.pipeline.monitor.conftest import CLASSES, drawn, make_reference  # noqa: F401

RECIPE = load_recipe("quickstart", [])
OPTIONS = PackageOptions(
    image="x", stack=str(installed_stack()), version=metadata.version("medtfx")
)


@pytest.fixture
def volume(tmp_path, make_reference):  # noqa: F811
    """A volume with version 3 of the recipe's model; `volume(contrast)` logs 100 images."""
    folder = tmp_path / "volume" / "models" / "quickstart" / "3"
    folder.mkdir(parents=True)
    write_reference(folder, make_reference())

    def log(contrast=1.0):
        sample, _ = drawn(100, seed=5, contrast=contrast)
        earlier = datetime.now(timezone.utc) - timedelta(hours=1)
        requests = RequestLog(tmp_path / "volume" / "requests", clock=lambda: earlier)
        for row, values in enumerate(sample.probabilities.tolist()):
            probabilities = dict(zip(CLASSES, values, strict=True))
            label = max(probabilities, key=lambda name: probabilities[name])
            flags: dict[str, Any] = {"uncertain": bool(sample.uncertain[row])}
            flags["out_of_distribution"] = bool(sample.out_of_distribution[row])
            prediction = Prediction(
                "x", version=3, probabilities=probabilities, label=label, **flags
            )
            mean, std = (sample.quality[name][row] for name in ("brightness", "contrast"))
            facts = LoggedImage(f"{row:064x}", "DICOM", 1000, 1000, mean, std)
            requests.add([LogRecord("quickstart", prediction, facts, 0.01)])
        return tmp_path / "volume"

    return log


@pytest.fixture
def run(tmp_path):
    """Runs a package in an image in which nothing heavy can be imported."""
    environment = light_environment(tmp_path / "light", **{PATIENT_KEY.name: "key"})

    def start(volume, **parameters):
        package = parse(tmp_path / "package.yaml")
        given = {"root": str(volume), "log": f"{volume}/requests", **parameters}
        return run_package(package, given, tmp_path / "pods", environment)

    return start


def results(run):
    return {result.name: text for result, text in read_results(run.log("monitor")).items()}


def test_alone_a_quiet_week_is_green(volume, run, tmp_path):
    compile_package(RECIPE, replace(OPTIONS, on_alarm="fail"), tmp_path / "package.yaml")
    ended = run(volume())
    assert [(attempt.task, attempt.code) for attempt in ended.attempts] == [("monitor", 0)]
    assert results(ended)["OUTCOME"] == "quiet"
    assert ended.artifacts["monitor", "page"].read_text().startswith("<!doctype html>")
    assert ended.artifacts["monitor", "outcome"].read_text().startswith("Quiet: ")


def test_alone_an_alarm_is_red_and_not_tried_again(volume, run, tmp_path):
    compile_package(RECIPE, replace(OPTIONS, on_alarm="fail"), tmp_path / "package.yaml")
    ended = run(volume(contrast=0.7), skip=["size"])
    assert [(attempt.task, attempt.code) for attempt in ended.attempts] == [("monitor", 3)]
    assert results(ended)["OUTCOME"] == "alarm"
    assert results(ended)[Result.MONITOR.name].startswith("ALARM: contrast")


def test_before_a_training_a_quiet_week_skips_the_nodes(volume, run, tmp_path):
    nodes = [Task("RunReport", ("RunReport",))]
    options = replace(OPTIONS, on_alarm="retrain")
    write_package(RECIPE, nodes, options, tmp_path / "package.yaml")
    ended = run(volume(), data="/nowhere")
    codes = [(attempt.task, attempt.code) for attempt in ended.attempts]
    assert codes == [("monitor", 0), ("retraining", 0)]
    assert ended.skipped == ["condition-1"] and ended.parameters["monitor", "reason"] == ""
    assert "Decision: Declined: the monitor is quiet." in ended.log("retraining")


def test_before_a_training_an_alarm_is_its_reason(volume, run, tmp_path):
    nodes = [Task("RunReport", ("RunReport",))]
    options = replace(OPTIONS, on_alarm="retrain")
    write_package(RECIPE, nodes, options, tmp_path / "package.yaml")
    ended = run(volume(contrast=0.7), data="/nowhere")
    reason = ended.parameters["monitor", "reason"]
    assert reason.startswith("medtfx monitor of quickstart/3, ") and "ALARM: contrast" in reason
    assert ended.failed == "retraining"  # goes on to look at the images, which are not there
    assert "/nowhere" in ended.log("retraining")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": "s3://bucket/models"}, "folder of a mounted volume"),
        ({"skip": [3]}, "parameter `skip` is a list of texts"),
        ({"since": "soon"}, "soon"),
    ],
)
def test_a_users_mistake_is_one_sentence(volume, run, tmp_path, changes, sentence):
    compile_package(RECIPE, replace(OPTIONS, on_alarm="fail"), tmp_path / "package.yaml")
    ended = run(volume(), **changes)
    log = ended.log("monitor")
    assert ended.attempts[-1].code == 1 and " Error: " in log
    assert sentence in log and "Traceback" not in log
