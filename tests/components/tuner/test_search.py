import json

import pytest

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime import progress
from components.training.dataset import TransformedSplit
from components.tuner.search import OBJECTIVE, Search, build_oracle
from components.tuner.space import parse_space

MODEL = ModelSection(backbone="scratch_cnn", weights="none", filters=(4,), dropout=0.3)
TRAINING = TrainingSection(batch_size=8, epochs=2, learning_rate=0.003)
SPACE = parse_space(
    {"training.learning_rate": "1e-3..1e-2:log", "model.dropout": "0.1,0.3"}, MODEL, TRAINING
)


class Killed(BaseException):
    """As a kill: nothing is tidied up."""


@pytest.fixture
def splits(write_split) -> dict[str, TransformedSplit]:
    labels = [0, 1] * 12
    return {"train": write_split("train.gz", labels), "eval_split": write_split("eval.gz", labels)}


@pytest.fixture
def search(tmp_path, dark_and_bright):
    """Returns a function that opens the search of a folder, as a new process would."""

    def open_search(trials: int) -> Search:
        oracle = build_oracle(SPACE, MODEL, TRAINING, trials)
        return Search(oracle, dark_and_bright, MODEL, TRAINING, tmp_path / "search")

    return open_search


def results(search: Search) -> dict[str, tuple[float, float, float]]:
    return {
        number: (trial.score, *(trial.hyperparameters.get(key) for key in SPACE))
        for number, trial in search.oracle.trials.items()
    }


def test_the_recipe_itself_is_tried_first_and_told(search, splits):
    found, heard = search(2), []
    progress.listen(heard.append)
    try:
        found.search(**splits)
    finally:
        progress.listen(None)
    (_, *own), (_, *other) = results(found).values()
    assert own == [0.003, 0.3] and other != own
    assert 1e-3 <= other[0] <= 1e-2 and other[1] in (0.1, 0.3)
    assert all(0 <= score <= 1 for score, *_ in results(found).values())
    assert heard[0].detail.startswith("trial 1 of 2")
    assert heard[-1].detail.startswith("trial 2 of 2, best 0.")


@pytest.mark.slow
def test_a_killed_search_goes_on_and_more_trials_go_on_too(search, splits, tmp_path, monkeypatch):
    def kill(heard: progress.Progress) -> None:
        # In the second epoch of the second trial, whose first one is saved.
        if heard.detail.startswith("trial 2") and "epoch 2" in heard.detail:
            raise Killed

    progress.listen(kill)
    with pytest.raises(Killed):
        search(3).search(**splits)
    progress.listen(None)
    state = json.loads((tmp_path / "search/trial_1/checkpoint/state.json").read_text())
    (saved,) = state["history"]["head"]

    first = (tmp_path / "search/trial_0/trial.json").stat().st_mtime_ns
    again = search(3)
    again.search(**splits)
    assert (tmp_path / "search/trial_0/trial.json").stat().st_mtime_ns == first
    assert len(results(again)) == 3
    history = json.loads((tmp_path / "search/trial_1/history.json").read_text())
    assert history["head"][0] == saved and len(history["head"]) == 2

    more = search(4)
    more.search(**splits)
    assert {key: results(more)[key] for key in results(again)} == results(again)
    assert len({values[1:] for values in results(more).values()}) == 4


def test_without_the_recipe_in_the_space_the_search_begins_elsewhere(search):
    space = parse_space({"model.dropout": "0.5,0.6"}, MODEL, TRAINING)
    oracle = build_oracle(space, MODEL, TRAINING, 2)
    assert oracle.populate_space("0")["values"] == {"model.dropout": 0.5}
    assert oracle.objective.name == OBJECTIVE and oracle.objective.direction == "max"
