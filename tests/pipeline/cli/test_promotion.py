import json
import shutil
import sys
from pathlib import Path

import pytest

from pipeline.cli import main as cli
from pipeline.cli.promotion import NOT_YET
from serving.promotion.labels import labels_of
from serving.promotion.models_config import find_model, read_models_config


@pytest.fixture
def home(tmp_path):
    """A home with the versions 100, 200 and 300 of the model `chest`: folders are enough."""
    for version in (100, 200, 300):
        (tmp_path / "home" / "models" / "chest" / str(version)).mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def medtfx(monkeypatch, capsys, home):
    """Runs a command line in this process; returns exit code, output and errors."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("MEDTFX_HOME", str(home))

    def run(line, *more):
        monkeypatch.setattr(sys, "argv", ["medtfx", *line.split(), *map(str, more)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        written = capsys.readouterr()
        return stopped.value.code or 0, written.out, written.err

    return run


def labels(file):
    return labels_of(find_model(read_models_config(file), "chest"))


def test_from_the_first_version_to_a_rollback(medtfx, home):
    file = home / "models" / "models.config"
    code, out, _ = medtfx("promote chest 100")
    assert code == 0
    assert out.splitlines() == [
        "chest: `stable` now means version 100. From now on, a version that is pushed is served "
        "once it is promoted.",
        "Served: 100 (stable). A request that names no label is answered by the highest, 100.",
        f"Written to {file}; a server that polls this file follows by itself.",
    ]
    code, out, _ = medtfx("canary chest 200")
    assert "Served: 100 (stable), 200 (canary). " in out
    assert "answered by the highest, 200." in out
    code, out, _ = medtfx("promote chest 200 --by", "Dr. Ruiz", "--note", "40 cases reviewed")
    assert out.startswith("chest: `stable` now means version 200, no longer 100.\n")
    code, out, _ = medtfx("rollback chest --note", "missed effusions")
    assert (code, labels(file)) == (0, {"canary": 100, "stable": 100})
    assert out.startswith("chest: `stable` now means version 100 again, no longer 200.\n")
    out = medtfx("promotions chest")[1]
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


def test_a_version_that_is_not_loaded_yet_has_another_exit_code(medtfx, home):
    medtfx("promote chest 100")
    code, out, _ = medtfx("promote chest")
    assert code == NOT_YET
    assert "`stable` still means version 100" in out
    assert "Once version 300 is AVAILABLE there, give the same command again" in out
    assert medtfx("promote chest")[0] == 0
    assert labels(home / "models" / "models.config") == {"previous": 100, "stable": 300}


def test_in_production(medtfx, home, tmp_path):
    out = tmp_path / "production"
    code, text, _ = medtfx("serving-config quickstart --set serving.model_name=chest -o", out)
    assert code == 0
    assert f"kubectl apply -k {out}" in text
    file = out / "config" / "models.config"
    assert labels(file) == {"stable": 300}
    code, text, _ = medtfx("canary chest 200 --config", file)
    assert (code, labels(file)) == (0, {"canary": 200, "stable": 300})
    assert f"`kubectl apply -k {out}` brings it to Kubernetes." in text
    assert not (home / "models" / "models.config").exists()


def test_machines_of_the_recipe(medtfx, tmp_path):
    gpu = (
        "platform.nodes={Trainer: {gpu: 1, node_selector: {pool: gpu}, "
        "tolerations: [{key: nvidia.com/gpu}]}}"
    )
    every = "platform.defaults={node_selector: {pool: cpu}}"
    line = "serving-config quickstart --set", gpu, "--set", every
    for more, pool in (
        ((), "pool: cpu"),
        (("--set", "serving.gpu=1"), "pool: gpu"),
        (("--set", "serving.node_selector={pool: x}"), "pool: x"),
    ):
        assert medtfx(*line, *more, "-o", tmp_path / "out")[0] == 0
        text = (tmp_path / "out" / "kubernetes" / "deployment.yaml").read_text()
        assert pool in text
        assert ("key: nvidia.com/gpu" in text) == (pool == "pool: gpu")


def test_s3_is_for_kserve_alone(medtfx, tmp_path):
    code, out, _ = medtfx("serving-config quickstart --storage s3://bucket -o", tmp_path / "out")
    assert code == 0
    assert "has not read s3:// since 2.7" in out
    assert [path.name for path in (tmp_path / "out").rglob("*.*")] == ["inference-service.yaml"]


def test_rollback_without_labels_is_written_down_too(medtfx, home):
    medtfx("rollback chest --by anna")
    (line,) = (home / "models" / "chest" / "promotions.jsonl").read_text().splitlines()
    entry = json.loads(line)
    assert (entry["by"], entry["label"], entry["before"], entry["after"]) == (
        "anna",
        None,
        300,
        200,
    )
    assert "anna" in medtfx("promotions chest")[1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("promote chst", "Pushed models: chest."),
        ("promote chest 7", "no version 7 to serve. Pushed: [100, 200, 300]."),
        ("promote chest --server nowhere", "Received: 'nowhere'"),
        ("promotions chst", "Pushed models: chest."),
        ("rollback chest --label canary --server localhost:1", "no label 'canary'"),
        ("serving-config quickstart --storage /models -o x", "Received: '/models'"),
        ("serving-config quickstart --set serving.memory=much -o x", "quickstart.yaml"),
    ],
)
def test_one_message(medtfx, tmp_path, monkeypatch, line, words):
    monkeypatch.chdir(tmp_path)
    code, out, err = medtfx(line)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and words in err and "Traceback" not in err
    assert not Path("x").exists()


def test_a_journal_that_can_not_be_written_keeps_the_label(medtfx, home):
    (home / "models" / "chest" / "promotions.jsonl").mkdir()
    code, _, err = medtfx("promote chest 100")
    assert code == 1 and "promotions.jsonl" in err
    assert not (home / "models" / "models.config").exists()


def test_nothing_was_promoted(medtfx, home):
    shutil.rmtree(home / "models" / "chest" / "300")
    assert medtfx("promotions chest")[1] == "chest: nothing has been promoted or rolled back.\n"
