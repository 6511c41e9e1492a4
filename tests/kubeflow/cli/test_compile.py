import pytest

from kubeflow.package.recipe_codec import decode_recipe
from tests.command_line import assert_one_message, medtfx
from tests.doubles.kfp_package import parse


@pytest.fixture
def compile_recipe(monkeypatch, tmp_path):
    """Runs `medtfx kubeflow compile` in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return lambda *line: medtfx("kubeflow", "compile", *line)


def test_it_says_what_it_wrote_and_what_a_run_must_give(compile_recipe, tmp_path):
    line = ["quickstart", "--image", "medtfx:1", "--stack", "wide", "--root", "/volume"]
    line += ["--set", "training.epochs=3", "--set", "platform.env={MEDTFX_MLMD: kfp}"]
    code, out, _ = compile_recipe(*line, "-o", "new/films.yaml")
    assert code == 0
    assert out.startswith("new/films.yaml: ") and "for images of stack wide" in out
    assert out.endswith("Parameters that each run must have: data.\n")
    package = parse(tmp_path / "new" / "films.yaml")
    assert package.container("trainer")["image"] == "medtfx:1"
    arguments = package.container("trainer")["args"]
    assert arguments[arguments.index("--stack") + 1] == "wide"


def test_a_search_has_a_task_for_each_trial_and_pushes_nothing(compile_recipe, tmp_path):
    line = ["quickstart", "--image", "medtfx:1", "--data", "/films", "--root", "/volume"]
    line += ["--set", "platform.parallel=[trials]", "--set", "platform.nodes.Trainer={gpu: 1}"]
    code, out, _ = compile_recipe(*line, "--trials", 4, "--space", "model.dropout=0.1..0.5")
    assert code == 0 and "10 nodes of quickstart in 7 tasks" in out
    package = parse(tmp_path / "pipeline.yaml")
    assert package.spec.pipeline_info.name == "quickstart-trials"
    assert set(package.spec.root.input_definitions.parameters) == {"data", "root", "overrides"}
    trial = package.container("trial4")
    assert trial["resources"]["accelerator"]["count"] == "1"
    arguments = trial["args"]
    assert arguments[arguments.index("--trials") + 1] == "4"
    recipe = decode_recipe(arguments[arguments.index("--recipe") + 1], [])
    assert recipe.tuning.space == {"model.dropout": "0.1..0.5"}


@pytest.mark.parametrize(
    ("where", "noted"),
    [
        ("platform.env={}", True),
        ("platform.env={MEDTFX_MLMD: 'grpc://metadata:8080'}", False),
        ("platform.secrets=[{name: medtfx-metadata, env: {MEDTFX_MLMD: uri}}]", False),
    ],
)
def test_a_recipe_without_ml_metadata_is_noted(compile_recipe, where, noted):
    code, out, _ = compile_recipe("quickstart", "--image", "medtfx:1", "--set", where)
    assert code == 0 and ("names no ML Metadata" in out) == noted


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["quickstart"], "pass --image, or set platform.image"),
        (["quickstart", "--image", "a", "--stack", "old"], "--stack is current or wide"),
        (["quickstart", "--image", "a", "-o", "p.json"], "a .yaml file. Received: -o 'p.json'"),
        (["quickstat", "--image", "a"], "Did you mean 'quickstart'?"),
        (
            ["quickstart", "--image", "a", "--space", "model.dropout=0.1,0.3"],
            "say how many --trials",
        ),
        (["quickstart", "--image", "a", "--trials", "2", "--space", "model.x=1,2"], "'model.x'"),
        (["quickstart", "--set", "platform.parallel=[members]"], "parts of one network"),
        (["quickstart", "--set", "platform.nodes.trainer.gpu=1"], "Did you mean 'Trainer'?"),
    ],
)
def test_a_mistake_is_one_sentence(compile_recipe, tmp_path, arguments, sentence):
    assert_one_message(compile_recipe(*arguments), sentence)
    assert list(tmp_path.iterdir()) == []
