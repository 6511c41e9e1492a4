import hashlib
import json
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from components.gate.pushed_gate import PushedGate, write_gate
from components.gate.pushed_reference import write_reference
from components.recipe.evaluation import EvaluationSection
from components.saved_model.manifest import write_manifest
from serving.protocol.prediction import Prediction
from serving.request_log.record import LoggedImage, LogRecord
from serving.request_log.request_log import RequestLog
from tests.command_line import assert_one_message, medtfx
from tests.pipeline.monitor.conftest import CLASSES, drawn, make_reference  # noqa: F401

LABELLED = """
model_config_list { config {
  name: "lungs" base_path: "/models/lungs" model_platform: "tensorflow"
  model_version_policy { specific { versions: 3 versions: 4 } }
  version_labels { key: "stable" value: 3 } version_labels { key: "shadow" value: 4 }
} }
"""


@pytest.fixture
def home(tmp_path, make_reference):  # noqa: F811
    """A home with version 3 of the model lungs: the files that the monitor reads are enough."""
    folder = tmp_path / "home" / "models" / "lungs" / "3"
    folder.mkdir(parents=True)
    write_reference(folder, make_reference())
    rules = EvaluationSection.model_validate({"recall_floor": 0.2})
    write_gate(folder, PushedGate(rules, ()))
    (folder / "assets").mkdir()
    data = {
        "classes": list(CLASSES),
        "patient": {"from": "filename", "regex": "(?P<patient>P[0-9]+)"},
    }
    recipe = {"recipe": "lungs", "data": data, "model": {"backbone": "mobilenet_v2"}}
    (folder / "assets" / "recipe.json").write_text(json.dumps(recipe))
    write_manifest(folder)
    return tmp_path / "home"


@pytest.fixture
def write_log(tmp_path):
    """Logs 100 images over the last two days; returns their digests and predicted classes."""

    def write(digests=(), version=3, **changes):
        sample, _ = drawn(100, seed=5, **changes)
        now, found = datetime.now(timezone.utc), {}
        for row in range(100):
            at = now - timedelta(minutes=30 * (100 - row))
            probabilities = dict(zip(CLASSES, sample.probabilities[row].tolist(), strict=True))
            label = max(probabilities, key=lambda name: probabilities[name])
            prediction = Prediction(
                "x",
                version=version,
                probabilities=probabilities,
                label=label,
                uncertain=bool(sample.uncertain[row]),
                out_of_distribution=bool(sample.out_of_distribution[row]),
            )
            brightness, contrast = (sample.quality[n][row] for n in ("brightness", "contrast"))
            image = digests[row] if row < len(digests) else f"{row:064x}"
            facts = LoggedImage(image, "DICOM", 1000, 1000, brightness, contrast, {})
            log = RequestLog(tmp_path / "log", clock=lambda at=at: at)
            log.add([LogRecord("lungs", prediction, facts, 0.01, shadow=version != 3)])
            found[facts.image] = label
        return found

    return write


@pytest.fixture
def monitor(home, tmp_path):
    return lambda *more: medtfx(
        "monitor", "lungs", "--log", tmp_path / "log", "--home", home, *more
    )


def test_a_quiet_week_ends_with_0(monitor, write_log, tmp_path):
    write_log()
    code, out, _ = monitor()
    assert code == 0 and "Quiet: " in out
    past = datetime.now(timezone.utc).date() - timedelta(days=1)
    assert (tmp_path / "log" / f"{past}.0001.parquet").exists()  # compacted on the way


def test_another_scanner_ends_with_3_and_all_outputs_say_so(monitor, write_log, tmp_path):
    write_log(contrast=0.7)
    page, gauges = tmp_path / "m.html", tmp_path / "m.prom"
    code, out, _ = monitor("--json", "--page", page, "--prometheus", gauges)
    values = json.loads(out)
    assert code == 3 and values["alarm"] and values["findings"][0]["name"] == "contrast"
    assert "ALARM: contrast" in page.read_text()
    assert 'medtfx_monitor_alarm{model="lungs",version="3"} 1.0' in gauges.read_text()
    code, out, _ = monitor("--json", "--skip", "contrast")
    assert code == 0 and "contrast" not in [one["name"] for one in json.loads(out)["findings"]]


def test_labels_decide_too(monitor, write_log, tmp_path):
    predicted = write_log()
    csv = tmp_path / "labels.csv"
    other = dict(zip(CLASSES, reversed(CLASSES), strict=True))
    rows = "".join(f"{image},{label}\n" for image, label in predicted.items())
    csv.write_text(f"sha256,label\n{rows}")
    assert monitor("--truth", csv)[0] == 0
    rows = "".join(f"{image},{other[label]}\n" for image, label in predicted.items())
    csv.write_text(f"sha256,label\n{rows}")
    code, out, _ = monitor("--truth", csv)
    assert code == 3 and "BELOW its floor" in out


def test_a_span_of_the_past_leaves_out_what_came_later(monitor, write_log):
    write_log()
    yesterday = (datetime.now(timezone.utc) - timedelta(days=1)).isoformat()
    _, out, _ = monitor("--json", "--since", "24h", "--until", yesterday)
    values = json.loads(out)
    assert values["images"] in (47, 48, 49)
    assert len(values["trend"]) == 2  # the day before has a few, too
    assert np.isclose(values["false_alarms_a_year"], 1.0)


def test_an_empty_log_is_an_error(monitor, tmp_path):
    RequestLog(tmp_path / "log")
    assert_one_message(monitor(), "it has 0 of this version", "longer --since")


def test_a_version_of_an_earlier_medtfx_can_not_be_monitored(monitor, home, write_log):
    write_log()
    (home / "models" / "lungs" / "3" / "assets.extra" / "reference.parquet").unlink()
    assert_one_message(monitor(), "Version 3 of lungs has none", "medtfx run")


def test_labelled_images_are_exported_for_the_next_training(monitor, write_log, tmp_path):
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "P17_a.png").write_bytes(b"film")
    digest = hashlib.sha256(b"film").hexdigest()
    predicted = write_log([digest])
    csv = tmp_path / "labels.csv"
    csv.write_text(f"sha256,label\n{digest},ill\n{5:064x},{predicted[f'{5:064x}']}\n")
    options = ("--truth", csv, "--images", tmp_path / "sent", "--export", tmp_path / "next")
    _, out, _ = monitor(*options)
    assert (tmp_path / "next" / "ill" / "P17_a.png").read_bytes() == b"film"
    assert "Exported: 1 image in" in out and "no such file in the folder of images: 1" in out
    exported = json.loads(monitor(*options, "--json")[1])["exported"]
    assert exported["left_out"] == {"no such file in the folder of images": 1}
    assert_one_message(monitor("--truth", csv, "--export", tmp_path), "--images")


def test_images_without_labels_are_refused(monitor, write_log, tmp_path):
    write_log()
    assert_one_message(monitor("--images", tmp_path), "--images belongs to --truth")
    assert_one_message(monitor("--export", tmp_path), "--export belongs to --truth")


def test_a_shadow_is_compared_and_no_fault_of_the_log(monitor, write_log, home):
    write_log()
    write_log(version=4, contrast=0.9)  # the same images: contrast is not in the predictions
    (home / "models" / "lungs" / "4").mkdir()
    code, out, _ = monitor("--shadow", "4", "--version", "3", "--json")
    values = json.loads(out)
    assert code == 0 and values["shadow"]["pairs"] == 100
    assert "another version" not in values["faults"]
    (home / "models" / "models.config").write_text(LABELLED)
    values = json.loads(monitor("--json")[1])  # by its label
    assert (values["version"], values["shadow"]["version"]) == (3, 4)


def test_options_of_a_training_need_retrain(monitor):
    assert_one_message(monitor("--recipe", "quickstart"), "--recipe belongs to --retrain")
    line = ("--retrain", "--package", "p.yaml", "--data", "films")
    assert_one_message(monitor(*line), "--param data=...")


def test_an_alarm_whose_training_can_not_start_is_an_error(monitor, write_log):
    write_log()
    assert monitor("--retrain")[0] == 0  # quiet: nothing is started
    write_log(contrast=0.7)
    code, out, err = monitor("--retrain")
    assert code == 1 and "ALARM: " in out and "no run of lungs/3" in err
