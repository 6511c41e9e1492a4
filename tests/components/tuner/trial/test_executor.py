"""The node in one process, killed in its second epoch and started again."""

import json

import pytest
import tensorflow as tf
from tfx.types import artifact_utils, standard_artifacts

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime import progress
from components.runtime.errors import RecipeError
from components.tuner import executor as gathering
from components.tuner.result import ALL_FILE, BEST_FILE, TrialResult, read_results, write_result
from components.tuner.trial.executor import Executor

MODEL = ModelSection(backbone="scratch_cnn", weights="none", filters=(4,), dropout=0.3)
TRAINING = TrainingSection(batch_size=8, epochs=2, learning_rate=0.003)


class Killed(BaseException):
    """As a kill: nothing is tidied up."""


def artifact(kind, folder):
    made = kind()
    made.uri = str(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture
def run(write_split, dark_and_bright, tmp_path):
    """Returns a function that runs the node of a trial, and returns its result."""
    examples = artifact(standard_artifacts.Examples, tmp_path / "transformed")
    examples.split_names = artifact_utils.encode_split_names(["train", "eval"])
    for name in ("train", "eval"):
        (file,) = write_split(f"{name}.gz", [0, 1] * 12).files
        folder = artifact_utils.get_split_uri([examples], name)
        tf.io.gfile.makedirs(folder)
        tf.io.gfile.rename(file, f"{folder}/{name}.gz")

    def run_trial(number: int, space: dict[str, str], earlier=()) -> TrialResult:
        outputs = {
            "result": [artifact(standard_artifacts.TunerResults, tmp_path / f"trial-{number}")],
            "model_run": [artifact(standard_artifacts.ModelRun, tmp_path / f"run-{number}")],
        }
        config = {
            "data": dark_and_bright.plain(),
            "model": MODEL.plain(),
            "training": TRAINING.plain(),
            "space": space,
            "checkpoints": str(tmp_path / "checkpoints"),
        }
        given = {"transformed_examples": [examples], "earlier": list(earlier)}
        properties = {"config": json.dumps(config), "number": number}
        Executor().Do(given, outputs, properties)
        return json.loads((tmp_path / f"trial-{number}" / "trial.json").read_text())

    return run_trial


def test_a_killed_trial_goes_on_and_is_the_same(run, tmp_path):
    space = {"training.learning_rate": "1e-3..1e-2:log"}
    heard = []

    def kill(told: progress.Progress) -> None:
        heard.append(told.detail)
        if "epoch 2" in told.detail:
            raise Killed

    progress.listen(kill)
    try:
        with pytest.raises(Killed):
            run(1, space)
    finally:
        progress.listen(None)
    assert heard[0].startswith("trial 1")
    (state,) = (tmp_path / "checkpoints").glob("*/state.json")
    assert len(json.loads(state.read_text())["history"]["head"]) == 1

    found = run(1, space)
    assert found["values"] == {"training.learning_rate": 0.003} and 0 <= found["score"] <= 1
    assert not list((tmp_path / "checkpoints").iterdir())


def test_a_space_without_other_values_is_no_error(run):
    assert run(3, {"model.dropout": "0.1,0.3"}) == {"number": 3, "score": None, "values": {}}


def test_a_key_that_does_not_exist_is_refused(run):
    with pytest.raises(RecipeError, match=r"model\.dropuot"):
        run(1, {"model.dropuot": "0.1,0.3"})


def test_the_tuner_sorts_the_trials(tmp_path):
    trials = []
    for number, score in [(1, 0.5), (2, None), (3, 0.8), (4, 0.8)]:
        trials.append(artifact(standard_artifacts.TunerResults, tmp_path / str(number)))
        values = {"model.dropout": number / 10} if score else {}
        write_result(trials[-1].uri, TrialResult(number, score, values))
    assert [one.number for one in read_results(trials)] == [1, 3, 4]
    outputs = {
        "tuner_results": [artifact(standard_artifacts.TunerResults, tmp_path / "all")],
        "best_hyperparameters": [artifact(standard_artifacts.HyperParameters, tmp_path / "best")],
    }
    space = {"model.dropout": "0.1..0.5"}
    config = {"model": MODEL.plain(), "training": TRAINING.plain(), "space": space}
    gathering.Executor().Do({"trials": trials}, outputs, {"config": json.dumps(config)})
    rows = json.loads((tmp_path / "all" / ALL_FILE).read_text())
    assert [row["trial_id"] for row in rows] == ["3", "4", "1"]
    best = json.loads((tmp_path / "best" / BEST_FILE).read_text())
    assert best["values"] == {"model.dropout": 0.3}
