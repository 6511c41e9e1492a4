"""The rules that concern more than one section."""

import re
from typing import Any

import pytest
from pydantic import ValidationError

from components.recipe.recipe import Recipe

SMALL: dict[str, Any] = {
    "name": "small",
    "summary": "two classes",
    "data": {"classes": ["COVID", "Viral Pneumonia"], "patient": {"from": "each_file"}},
    "model": {"backbone": "scratch_cnn", "weights": "none"},
    "evaluation": {"recall_floor": 0.6},
}


def recipe(**sections):
    """Returns a small recipe with other values in its sections."""
    values = {**SMALL}
    for name, changes in sections.items():
        values[name] = {**SMALL.get(name, {}), **changes}
    return Recipe.model_validate(values)


def refusal(**sections):
    with pytest.raises(ValidationError) as caught:
        recipe(**sections)
    return str(caught.value)


def test_a_model_is_served_under_its_own_name_or_that_of_the_recipe():
    assert recipe().model_name == "small"
    assert recipe(serving={"model_name": "chest"}).model_name == "chest"


@pytest.mark.parametrize(
    "floors",
    [{"COVID": 0.6}, {"COVID": 0.6, "Viral Pneumonia": 0.6, "NORMAL": 0.6}, {"COVD": 0.6}],
)
def test_a_floor_for_each_class_and_for_no_other(floors):
    message = refusal(evaluation={"recall_floor": floors})
    assert "evaluation.recall_floor must name every class" in message
    assert f"['COVID', 'Viral Pneumonia']; floors for: {sorted(floors)}" in message


def test_slices_are_features():
    message = refusal(evaluation={"slices": ["sex", "label"]})
    assert "evaluation.slices names ['sex']" in message and "['format', 'label']" in message
    table = {"metadata": {"columns": ["sex"], "bands": {"age": [40]}}}
    sliced = recipe(data=table, evaluation={"slices": ["sex", "age_band", "format"]})
    assert list(sliced.evaluation.slices) == ["sex", "age_band", "format"]
    gated = recipe(data=table, evaluation={"slices": {"sex": {"floor": 0.7}}})
    assert (gated.evaluation.slices["sex"].floor, sliced.evaluation.slices["sex"].floor) == (
        0.7,
        None,
    )
    assert "names ['age']" in refusal(data=table, evaluation={"slices": ["age"]})


def test_expected_recalls_are_of_classes():
    assert (
        recipe(evaluation={"expected_recall": {"COVID": 0.9}}).evaluation.expected("COVID") == 0.9
    )
    message = refusal(evaluation={"expected_recall": {"COVD": 0.9}})
    assert "evaluation.expected_recall names ['COVD']" in message


def test_what_is_refitted_is_a_head_on_a_frozen_backbone():
    refit = {"training": {"refit": True}}
    assert recipe(**refit, model={"backbone": "mobilenet", "weights": "imagenet"})
    assert "training.refit is for a frozen backbone" in refusal(**refit)


def test_a_sigmoid_head_needs_two_classes():
    sigmoid = {"model": {"head": "sigmoid"}}
    assert recipe(**sigmoid).model.head == "sigmoid"
    message = refusal(**sigmoid, data={"classes": ["a", "b", "c"]})
    assert re.search(r"`sigmoid` is for two classes.*data\.classes has 3", message)


def test_several_gpus_need_a_strategy_that_uses_them():
    platform = {"nodes": {"Trainer": {"gpu": 2}}}
    assert "set training.strategy to `mirrored`" in refusal(platform=platform)
    assert recipe(platform=platform, training={"strategy": "mirrored"})


def test_new_patients_are_counted_by_classes_of_the_recipe():
    assert recipe(retraining={"min_new_per_class": {"COVID": 3}})
    message = refusal(retraining={"min_new_per_class": {"COVD": 3}})
    assert "retraining.min_new_per_class names ['COVD']" in message
