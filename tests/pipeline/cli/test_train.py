"""What the commands that train pass on and how they end; trainings themselves are end to end."""

import sys

import pytest

from components.runtime.exit_codes import ExitCode
from pipeline.home import Home
from tests.command_line import assert_one_message, medtfx


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def test_a_missing_data_folder_is_reported_before_anything_heavy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = medtfx("run", "quickstart", "--data", tmp_path / "nowhere")
    assert_one_message(result, "nowhere' is missing, or is no folder", "--data")
    assert result[2].count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ExitCode.OK),
        ({"blessed": False, "version": None}, ExitCode.NOT_BLESSED),
        ({"refused": "other predictions when served", "version": None}, ExitCode.NOT_BLESSED),
        ({"approval": "waiting", "version": None}, ExitCode.UNAPPROVED),
        ({"approval": "rejected", "refused": "ada rejected it"}, ExitCode.NOT_BLESSED),
    ],
)
def test_the_exit_code_of_a_run_says_whether_it_is_pushed(
    home, make_record, monkeypatch, changes, code
):
    seen, files = [], []

    def run_recipe(recipe, data, home, console, options):  # the real one trains for a minute
        seen.append((recipe.training.epochs, data, home.root, list(options.overrides)))
        files.append(options.recipe_file)
        return make_record(**changes)

    monkeypatch.setattr("pipeline.runs.local.run_recipe", run_recipe)
    line = ["run", "quickstart", "--data", "films", "--home", home.root, "--set"]
    assert medtfx(*line, "training.epochs=3")[0] == code
    assert seen == [(3, "films", home.root, ["training.epochs=3"])] and files == [""]


@pytest.mark.parametrize(
    ("line", "work", "kept"),
    [
        ("run quickstart", "pipeline.runs.local.run_recipe", "finished nodes are kept"),
        ("compare quickstart quickstart", "pipeline.compare.run.compare", "finished trainings"),
        ("tune quickstart", "pipeline.tune.run.tune", "finished trials are kept"),
    ],
)
def test_ctrl_c_says_how_to_continue(home, monkeypatch, line, work, kept):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(work, interrupt)
    code, out, err = medtfx(*line.split(), "--data", "films", "--home", home.root)
    assert (code, out) == (ExitCode.STOPPED, "")
    assert f"Stopped. The same command continues from here: {kept}" in err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("compare quickstart", "two or more recipes"),
        ("compare quickstart crc-tissue", "same classes can be compared"),
        ("tune quickstart --space training.speed=1,2", "training.speed"),
    ],
)
def test_a_mistake_is_reported_before_anything_heavy(home, tmp_path, monkeypatch, line, words):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = medtfx(*line.split(), "--data", tmp_path, "--home", home.root)
    assert_one_message(result, words)
