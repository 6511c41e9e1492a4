from pathlib import Path

import pytest
import yaml

from components.runtime.errors import DataError, RecipeError
from pipeline.compare.candidates import check_same_images, fold_of, load_candidates
from pipeline.compare.errors import CompareError
from pipeline.recipes.loader import RECIPE_DIR
from pipeline.sample_data import write_sample_data

QUICKSTART = yaml.safe_load((RECIPE_DIR / "quickstart.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def write_recipe(tmp_path):
    """Returns a function that writes the quickstart with other values."""

    def write(file: str, name: str = "quickstart", **data) -> str:
        path = tmp_path / file
        values = {**QUICKSTART, "name": name, "data": {**QUICKSTART["data"], **data}}
        path.write_text(yaml.safe_dump(values), encoding="utf-8")
        return str(path)

    return write


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> str:
    folder: Path = tmp_path_factory.mktemp("films")
    write_sample_data(folder, patients_per_class=15, size=32)
    return str(folder)


def test_the_first_recipe_says_who_is_in_which_split(write_recipe, films):
    other = write_recipe("other.yaml", "other", split_seed=1, image_size=32, min_per_split=1)
    candidates = load_candidates(["quickstart", other])
    first, second = (candidate.recipe.data for candidate in candidates)
    assert (second.split_seed, second.min_per_split) == (first.split_seed, first.min_per_split)
    assert (second.image_size, second.color) == (32, "grayscale")
    listing = check_same_images(candidates, films, 3)
    assert {entry.split for entry in listing.entries} == {"train", "eval", "test"}
    third = candidates[1].in_fold(fold_of(3, 3)).data.fold
    assert third is not None and (third.of, third.number) == (3, 3)


def test_a_tuned_recipe_of_the_same_name_is_called_by_its_file(write_recipe):
    names = [c.name for c in load_candidates(["quickstart", write_recipe("tuned.yaml")])]
    assert names == ["quickstart", "tuned"]


def test_a_recipe_can_not_be_compared_with_itself():
    with pytest.raises(CompareError, match="'quickstart' is named twice"):
        load_candidates(["quickstart", "quickstart"])


def test_an_unknown_recipe_is_named():
    with pytest.raises(RecipeError, match="Did you mean 'quickstart'"):
        load_candidates(["quickstart", "quikstart"])


@pytest.mark.parametrize(
    "change",
    [{"cap_per_class": 20}, {"patient": {"from": "filename", "regex": "(?P<patient>.+)"}}],
)
def test_other_images_or_patients_are_refused(write_recipe, films, change):
    candidates = load_candidates(["quickstart", write_recipe("other.yaml", "other", **change)])
    with pytest.raises(CompareError, match=r"other do not see the same images: \d+ differ"):
        check_same_images(candidates, films, 2)


def test_too_many_folds_are_refused_before_any_work(write_recipe, films):
    candidates = load_candidates(["quickstart", write_recipe("other.yaml", "other")])
    with pytest.raises(DataError, match="15 patients for 20 folds"):
        check_same_images(candidates, films, 20)
