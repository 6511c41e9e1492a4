"""Which model a candidate is compared with."""

import json
from pathlib import Path

import pytest
from tfx.components.evaluator import constants
from tfx.types import standard_artifacts

from components.evaluator.baseline import LatestBlessedBaseline
from components.recipe.data import DataSection
from tests.data_section import data_section


@pytest.fixture
def make_model(tmp_path: Path):
    def make(
        number: int, data: DataSection | None, folds: int | None = None
    ) -> standard_artifacts.Model:
        model = standard_artifacts.Model()
        model.mlmd_artifact.id = number
        model.uri = str(tmp_path / str(number))
        if data is not None:
            assets = tmp_path / str(number) / "Format-Serving" / "assets"
            assets.mkdir(parents=True)
            (assets / "recipe.json").write_text(json.dumps({"data": data.plain(), "folds": folds}))
        return model

    return make


def blessing(model: standard_artifacts.Model, blessed: bool) -> standard_artifacts.ModelBlessing:
    artifact = standard_artifacts.ModelBlessing()
    artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY, int(blessed))
    artifact.set_int_custom_property(constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY, model.id)
    return artifact


def resolve(
    models, blessed, candidate, data=None, served=(), decisions=(), folds=0, predictions=None
):
    strategy = LatestBlessedBaseline((data or data_section()).model_dump_json(by_alias=True), folds)
    given = {
        "model": list(models),
        "model_blessing": [blessing(model, model in blessed) for model in models],
        "infra_blessing": list(served),
        "approval": list(decisions),
        "candidate": [candidate],
    }
    if predictions is not None:
        given["predictions"] = predictions
    found = strategy.resolve_artifacts(None, given)
    assert set(found) == set(given)
    return found["model"] if predictions is None else (found["model"], found["predictions"])


def out_of_fold(model: standard_artifacts.Model) -> standard_artifacts.Examples:
    found = standard_artifacts.Examples()
    found.uri = model.uri
    found.set_int_custom_property("model_id", model.id)
    return found


def test_the_latest_blessed_one(make_model):
    one, two, three, candidate = (make_model(number, data_section()) for number in (1, 2, 3, 4))
    assert resolve([one, two, three], [one, two], candidate) == [two]


def test_never_the_candidate_itself(make_model):
    """A repeated run, all cached: else the Evaluator would run again."""
    one, candidate = make_model(1, data_section()), make_model(2, data_section())
    assert resolve([one, candidate], [one, candidate], candidate) == [one]
    assert resolve([candidate], [candidate], candidate) == []


@pytest.mark.parametrize(
    ("attempts", "counts"), [((), True), ((True,), True), ((False,), False), ((False, True), True)]
)
def test_a_model_that_could_not_be_served_is_no_baseline(make_model, artifacts, attempts, counts):
    old, new, candidate = (make_model(number, data_section()) for number in (1, 2, 3))
    served = [artifacts.served(outcome, new.id) for outcome in attempts]
    assert resolve([old, new], [old, new], candidate, served=served) == [new if counts else old]


@pytest.mark.parametrize(("decisions", "counts"), [((0,), False), ((0, 1), True), ((1, 0), False)])
def test_the_latest_decision_of_a_person_counts(make_model, artifacts, decisions, counts):
    old, new, candidate = (make_model(number, data_section()) for number in (1, 2, 3))
    made = [artifacts.decision(bool(one), 10 + n, new.id) for n, one in enumerate(decisions)]
    found = resolve([old, new], [old, new], candidate, decisions=reversed(made))
    assert found == [new if counts else old]


def test_none_on_the_first_run(make_model):
    candidate = make_model(1, data_section())
    assert resolve([], [], candidate) == []


@pytest.mark.parametrize(
    "other", [{"classes": ["b", "a"]}, {"split_seed": 5}, {"split": {"train": 0.5, "eval": 0.3}}]
)
def test_a_model_of_other_classes_or_splits_is_no_baseline(make_model, other):
    """It may have been trained on what are test images today."""
    old, older = make_model(2, data_section(**other)), make_model(1, data_section())
    assert resolve([old, older], [old, older], make_model(3, data_section())) == [older]


def test_a_model_whose_files_are_gone_is_no_baseline(make_model):
    gone = make_model(1, None)
    assert resolve([gone], [gone], make_model(2, data_section())) == []


def test_a_model_that_was_trained_on_all_images_is_no_baseline_on_a_test_split(make_model):
    held_out, all_images = make_model(1, data_section()), make_model(2, data_section(), folds=5)
    models = [held_out, all_images]
    assert resolve(models, models, make_model(3, data_section())) == [held_out]


def test_folds_are_compared_with_the_predictions_of_as_many_folds(make_model):
    held_out = make_model(1, data_section())
    two, five, gone = (
        make_model(n, data_section(), folds) for n, folds in ((2, 2), (3, 5), (4, 5))
    )
    candidate = make_model(5, data_section(), 5)
    models = [held_out, two, five, gone]
    known = [out_of_fold(two), out_of_fold(five), out_of_fold(candidate)]
    found = resolve(models, models, candidate, folds=5, predictions=known)
    assert found == ([five], [known[1]])
    assert resolve([two], [two], candidate, folds=5, predictions=known) == ([], [])
