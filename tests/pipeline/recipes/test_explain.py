import pytest
from pydantic import ValidationError

from components.recipe.recipe import Recipe
from pipeline.recipes.explain import explain

VALUES = {
    "name": "small",
    "summary": "two classes",
    "data": {"classes": ["A", "B"], "patient": {"from": "each_file"}},
    "model": {"backbone": "scratch_cnn"},
    "evaluation": {"recall_floor": 0.6},
}


def explained(**sections):
    with pytest.raises(ValidationError) as caught:
        Recipe.model_validate(VALUES | sections)
    return explain("small.yaml", caught.value).splitlines()


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"training": {"epoch": 3}}, "training.epoch: {} Did you mean 'epochs'? Received: 3"),
        ({"trainig": {"a": 1}}, "trainig: {} Did you mean 'training'? Received: {{'a': 1}}"),
        (
            {"platform": {"nodes": {"Trainer": {"gpus": 1}}}},
            "platform.nodes.Trainer.gpus: {} Did you mean 'gpu'? Received: 1",
        ),
        (
            {"training": {"fine_tuning": {"zzz": 1}}},
            "training.fine_tuning.zzz: {} Its keys: epochs, learning_rate, layers. Received: 1",
        ),
    ],
)
def test_an_unknown_key_is_asked_about(sections, sentence):
    found = sentence.format("is not a key of this section.")
    assert explained(**sections) == ["small.yaml is not a valid recipe:", f"  {found}"]


def test_a_key_of_several_types_has_one_line():
    (line,) = explained(evaluation={"recall_floor": "60%"})[1:]
    assert "evaluation.recall_floor: Input should be a valid number" in line
    assert line.endswith("Received: '60%'")
