import json
import shutil

import pytest

from components.runtime.exit_codes import ExitCode
from components.saved_model.manifest import write_manifest
from pipeline.cli.decided_by import system_user
from serving.promotion.models_config import read_labels
from tests.command_line import assert_one_message, medtfx


@pytest.fixture
def home(tmp_path):
    """A home with the versions 100, 200 and 300 of the model `chest`: folders are enough."""
    for version in (100, 200, 300):
        folder = tmp_path / "home" / "models" / "chest" / str(version)
        folder.mkdir(parents=True)
        write_manifest(folder)
    return tmp_path / "home"


@pytest.fixture
def promotion(monkeypatch, home):
    """Runs a command line on the home; returns exit code, output and errors."""
    monkeypatch.setenv("MEDTFX_HOME", str(home))
    monkeypatch.setenv("MEDTFX_ALLOW_BY", "yes")
    return lambda line, *more: medtfx(*line.split(), *more)


def labels(file):
    return read_labels(file, "chest")


def test_from_the_first_version_to_a_rollback(promotion, home):
    file = home / "models" / "models.config"
    code, out, _ = promotion("promote chest 100")
    assert code == 0
    assert out.splitlines() == [
        "chest: `stable` now means version 100. From now on, a pushed version is served when it "
        "is promoted.",
        "Served: 100 (stable). A request without a label gets the highest, 100.",
        f"Written to {file}; a server that polls this file applies it.",
    ]
    code, out, _ = promotion("canary chest 200")
    assert "Served: 100 (stable), 200 (canary). " in out
    assert "A request without a label gets the highest, 200." in out
    code, out, _ = promotion("promote chest 200 --by", "Dr. Ruiz", "--note", "40 cases reviewed")
    assert out.startswith("chest: `stable` now means version 200, no longer 100.\n")
    code, out, _ = promotion("rollback chest --note", "missed effusions")
    assert (code, labels(file)) == (0, {"canary": 100, "stable": 100})
    assert out.startswith("chest: `stable` now means version 100 again, no longer 200.\n")
    out = promotion("promotions chest")[1]
    for words in ("Dr. Ruiz", "40 cases reviewed", "missed effusions", "rollback"):
        assert words in out
    journal = (home / "models" / "chest" / "promotions.jsonl").read_text().splitlines()
    assert [(entry["action"], entry["label"]) for entry in map(json.loads, journal)] == [
        ("promote", "stable"),
        ("promote", "canary"),
        ("promote", "stable"),
        ("rollback", "stable"),
        ("rollback", "canary"),
    ]


def test_a_version_that_is_not_loaded_yet_has_another_exit_code(promotion, home):
    promotion("promote chest 100")
    code, out, _ = promotion("promote chest")
    assert code == ExitCode.NOT_LOADED
    assert "`stable` still means version 100" in out
    assert "When version 300 is AVAILABLE there, repeat the command" in out
    assert promotion("promote chest")[0] == 0
    assert labels(home / "models" / "models.config") == {"previous": 100, "stable": 300}


def test_in_production(promotion, home, tmp_path):
    out = tmp_path / "production"
    code, text, _ = promotion("serving-config quickstart --set serving.model_name=chest -o", out)
    assert code == 0
    assert f"kubectl apply -k {out}" in text
    file = out / "config" / "models.config"
    assert labels(file) == {"stable": 300}
    code, text, _ = promotion("canary chest 200 --config", file)
    assert (code, labels(file)) == (0, {"canary": 200, "stable": 300})
    assert f"`kubectl apply -k {out}` applies it to Kubernetes." in text
    assert not (home / "models" / "models.config").exists()


def test_rollback_without_labels_withdraws_and_is_in_the_journal(promotion, home):
    code, out, _ = promotion("rollback chest --by anna")
    assert code == 0
    assert out.splitlines() == [
        "chest: version 200 is served now, before it was 300.",
        "Served: [100, 200]. Withdrawn: [300].",
    ]
    (line,) = (home / "models" / "chest" / "promotions.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["by"], entry["label"], entry["before"], entry["after"]) == (
        "anna",
        None,
        300,
        200,
    )
    assert "anna" in promotion("promotions chest")[1]
    out = promotion("rollback chest 300")[1]
    assert out.startswith("chest: version 300 is served now, before it was 200.\n")


@pytest.mark.parametrize("command", ["promote", "canary", "rollback"])
def test_a_label_moves_under_your_own_name(monkeypatch, promotion, home, command):
    monkeypatch.delenv("MEDTFX_ALLOW_BY")
    refused = promotion(f"{command} chest --by anna")
    assert_one_message(refused, "Received: --by 'anna'", "MEDTFX_ALLOW_BY=yes")
    assert not (home / "models" / "models.config").exists()
    assert promotion(f"{command} chest")[0] == 0
    (line,) = (home / "models" / "chest" / "promotions.jsonl").read_text().splitlines()
    assert json.loads(line)["by"] == system_user()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("promote chst", "Pushed models: chest."),
        ("promote chest 7", "no version 7 to serve. Pushed: [100, 200, 300]."),
        ("promote chest --server nowhere", "Received: 'nowhere'"),
        ("promotions chst", "Pushed models: chest."),
        ("rollback chest --label canary --server localhost:1", "no label 'canary'"),
        ("rollback chest 7", "no version 7"),
        ("rollback chst", "Pushed models: chest."),
    ],
)
def test_a_mistake_is_one_message(promotion, line, words):
    assert_one_message(promotion(line), words)


def test_a_journal_that_can_not_be_written_keeps_the_label(promotion, home):
    (home / "models" / "chest" / "promotions.jsonl").mkdir()
    code, _, err = promotion("promote chest 100")
    assert code == 1 and "promotions.jsonl" in err
    assert not (home / "models" / "models.config").exists()


def test_nothing_was_promoted(promotion, home):
    shutil.rmtree(home / "models" / "chest" / "300")
    assert promotion("promotions chest")[1] == "chest: nothing has been promoted or rolled back.\n"
