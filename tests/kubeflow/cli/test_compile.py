import sys

import pytest

from pipeline.cli import main as cli
from tests.doubles.kfp_package import parse


@pytest.fixture
def compile_recipe(monkeypatch, capsys, tmp_path):
    """Runs `medtfx kubeflow compile` here; returns exit code, output and errors."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")  # `main` sets it for good otherwise
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["medtfx", "kubeflow", "compile", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        written = capsys.readouterr()
        return stopped.value.code or 0, written.out, written.err

    return run


def test_it_says_what_it_wrote_and_what_a_run_must_give(compile_recipe, tmp_path):
    line = ["quickstart", "--image", "medtfx:1", "--stack", "wide", "--root", "/volume"]
    code, out, _ = compile_recipe(*line, "--set", "training.epochs=3", "-o", "new/films.yaml")
    assert code == 0
    assert out.startswith("new/films.yaml: ") and "for images of stack wide" in out
    assert out.endswith("Each run must give: data.\n")
    package = parse(tmp_path / "new" / "films.yaml")
    assert package.container("trainer")["image"] == "medtfx:1"
    arguments = package.container("trainer")["args"]
    assert arguments[arguments.index("--stack") + 1] == "wide"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["quickstart"], "pass --image, or set platform.image"),
        (["quickstart", "--image", "a", "--stack", "old"], "--stack is current or wide"),
        (["quickstart", "--image", "a", "-o", "p.json"], "a .yaml file. Received: -o 'p.json'"),
        (["quickstat", "--image", "a"], "Did you mean 'quickstart'?"),
        (["quickstart", "--set", "platform.nodes.trainer.gpu=1"], "Did you mean 'Trainer'?"),
    ],
)
def test_a_mistake_is_one_sentence(compile_recipe, tmp_path, arguments, sentence):
    code, out, err = compile_recipe(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and sentence in err and "Traceback" not in err
    assert list(tmp_path.iterdir()) == []
