"""`medtfx evaluate` on a tiny model: a pushed folder, and a server on loopback."""

import json

import pytest

from components.gate.pushed_gate import PushedGate, write_gate
from components.gate.results import ClassResult
from components.recipe.evaluation import EvaluationSection
from components.saved_model.manifest import write_manifest
from serving.embedded.server import EmbeddedServer, Settings
from tests.command_line import assert_one_message, medtfx
from tests.serving.tiny_model import png, save_tiny_model

RULES = {"recall_floor": 0.6, "slices": ["site"]}
NETWORK = {"backbone": "scratch_cnn", "weights": "none"}
DATA = {
    "classes": ["dark", "bright"],
    "image_size": 32,
    "patient": {"from": "filename", "regex": r"(?P<patient>p\d+)"},
    "metadata": {"columns": ["site"]},
    "max_quarantine_share": 0.1,
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the pushed model tiny/5, with its recipe and the figures of its gate."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "models" / "tiny" / "5"
    save_tiny_model(folder)
    asset = {
        "recipe": "tiny",
        "data": DATA,
        "model": {"backbone": "scratch_cnn", "weights": "none"},
    }
    (folder / "assets").mkdir(exist_ok=True)
    (folder / "assets" / "recipe.json").write_text(json.dumps(asset))
    at_home = ClassResult(
        "dark", 100, 99, 0.99, 0.945, 0.998, 0.9, 0.9, 0.9, 0.95,
        patients=100, specificity_low=0.8, specificity_high=0.95,
    )  # fmt: skip
    write_gate(folder, PushedGate(EvaluationSection.model_validate(RULES), (at_home,)))
    write_manifest(folder)
    return home


@pytest.fixture
def elsewhere(tmp_path):
    """20 dark and 20 bright images of 20 patients; one dark image in five is bright."""
    folder = tmp_path / "elsewhere"
    rows = ["filename,site"]
    for number in range(20):
        for label, level in (("dark", 20 if number % 5 else 220), ("bright", 200 + number)):
            path = folder / label / f"p{number:02}{label[0]}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(level))
            rows.append(f"{path.name},{'ab'[number % 2]}")
    (tmp_path / "sites.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture
def evaluate(home, elsewhere, tmp_path):
    """Runs `medtfx evaluate MODEL` on the images, into the folder `out`."""

    def run(model, *options):
        line = ("evaluate", model, "--data", elsewhere, "--home", home, "--out", tmp_path / "out")
        return medtfx(*line, *options)

    return run


def result(tmp_path):
    return json.loads((tmp_path / "out" / "evaluation.json").read_text())


def test_a_folder_needs_no_recipe_and_no_home(home, elsewhere, tmp_path):
    code, out, _ = medtfx(
        "evaluate", home / "models" / "tiny" / "5", "--data", elsewhere,
        "--metadata", tmp_path / "sites.csv", "--home", tmp_path / "other",
    )  # fmt: skip
    assert code == 3, out
    assert "NOT accepted here: dark recall 0.80 (16 of 20), lower bound 0.58," in out
    (folder,) = (tmp_path / "other" / "external").iterdir()
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert {"evaluation.json", "index.html", "predicted.csv", "quarantine.csv"} <= names
    found = json.loads((folder / "evaluation.json").read_text())
    assert set(found["slices"]["site"]) == {"a", "b"}
    (change,) = found["against_home"]
    assert (change["label"], round(change["difference"], 2)) == ("dark", -0.19)
    assert found["shortcuts"]["images"] == 40


def test_floors_that_are_met_end_with_0(evaluate, tmp_path):
    code, out, _ = evaluate("tiny", "--set", "evaluation.recall_floor=0.5")
    assert code == 0 and "Accepted here: every floor of the recipe is met." in out
    assert "There is no metadata.csv" in out
    assert result(tmp_path)["accepted"] is True


def test_a_server_and_a_recipe_that_is_named(home, evaluate, tmp_path):
    recipe = {
        "name": "tiny",
        "summary": "tiny",
        "data": DATA,
        "model": NETWORK,
        "evaluation": RULES,
    }
    path = tmp_path / "tiny.yaml"
    path.write_text(json.dumps(recipe))  # JSON is YAML
    with EmbeddedServer(home / "models", Settings(grpc_port=0, rest_port=None)) as server:
        code, out, _ = evaluate(
            f"{server.address}/tiny", "--recipe", path, "--home", tmp_path / "nobody"
        )
        assert code == 3 and "tiny/5 on 40 images of 20 patients" in out
        assert "The figures at home are not known" in out
        refused = evaluate(f"{server.address}/tiny", "--home", tmp_path / "nobody")
    assert_one_message(refused, "name it with --recipe")


def test_the_same_command_continues(evaluate, tmp_path):
    evaluate("tiny")
    table = tmp_path / "out" / "predicted.csv"
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[:10]))
    first = result(tmp_path)
    evaluate("tiny")
    assert table.read_text() == "".join(lines) and result(tmp_path) == first


def test_what_can_not_be_read_is_in_quarantine(evaluate, elsewhere, tmp_path):
    for name in ("p00d", "p01d"):
        (elsewhere / "dark" / f"{name}.png").write_bytes(png(20)[:30])
    _, out, _ = evaluate("tiny")
    assert "2 files not used: 2 .png (" in out
    assert (tmp_path / "out" / "quarantine.csv").read_text().count("dark/") == 2
    for number in range(2, 5):
        (elsewhere / "dark" / f"p{number:02}d.png").write_bytes(b"no image")
    code, _, errors = evaluate("tiny", "--restart")
    loading, message = errors.splitlines()
    assert code == 1 and loading == "Loading version 5 of tiny ..."
    assert message.startswith("Error: 12% of 40 images") and "max_quarantine_share = 10%" in message


def test_a_folder_of_no_class_is_refused_before_anything_is_sent(evaluate, elsewhere, tmp_path):
    (elsewhere / "bright").rename(elsewhere / "brigth")
    assert_one_message(evaluate("tiny"), "belongs to no class", "Did you mean 'bright'")
    assert not (tmp_path / "out").exists()


def test_a_missing_class_is_said(evaluate, elsewhere):
    for path in (elsewhere / "bright").iterdir():
        path.unlink()
    code, out, _ = evaluate("tiny")
    assert code == 3 and "there is no image of bright" in out
    assert "Shortcuts are not measured" in out


def test_only_a_server_knows_labels(evaluate):
    assert_one_message(evaluate("tiny", "--label", "stable"), "Only a model server knows labels")
