from types import SimpleNamespace

import pytest

from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.runtime.errors import RecipeError
from components.tuner.tuner_fn import tuner_fn


@pytest.fixture
def search_of(write_split, dark_and_bright, tmp_path):
    """Returns a function that gives what TFX gets, with changes of `custom_config`."""
    train, eval_split = (write_split(name, [0, 1] * 4) for name in ("train-1.gz", "eval-1.gz"))

    def build(**changes):
        config = {
            "data": dark_and_bright.plain(),
            "model": ModelSection(backbone="scratch_cnn", weights="none").plain(),
            "training": TrainingSection().plain(),
            "space": {"model.dropout": "0.1,0.3"},
            "trials": 2,
            "searches": str(tmp_path / "searches"),
        }
        # TFX's own class of these arguments has a dozen more, which a search does not read.
        return tuner_fn(
            SimpleNamespace(
                custom_config=config | changes,
                train_files=[train.files[0].replace("-1.gz", "-*.gz")],
                eval_files=list(eval_split.files),
            )
        )

    return build


def test_the_splits_are_those_of_the_files(search_of):
    splits = search_of().fit_kwargs
    assert [path.rpartition("/")[2] for path in splits["train"].files] == ["train-1.gz"]
    assert splits["eval_split"].labels.tolist() == [0, 1] * 4


def test_more_trials_continue_in_the_same_folder_and_other_values_do_not(search_of):
    first, more = search_of(), search_of(trials=5)
    other = search_of(space={"model.dropout": "0.2,0.4"})
    folders = [found.tuner.project_dir for found in (first, more, other)]
    assert folders[0] == folders[1] != folders[2]
    assert (first.tuner.oracle.max_trials, more.tuner.oracle.max_trials) == (2, 5)


def test_a_key_that_does_not_exist_is_refused(search_of):
    with pytest.raises(RecipeError, match=r"model\.dropuot"):
        search_of(space={"model.dropuot": "0.1,0.3"})
