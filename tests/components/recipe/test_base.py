import pytest
from pydantic import ValidationError

from components.recipe.data import PatientSource, Split
from components.recipe.evaluation import EvaluationSection
from components.recipe.training import TrainingSection


def test_sections_do_not_change_and_take_no_unknown_key():
    with pytest.raises(ValidationError, match="frozen"):
        Split().train = 0.5
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        TrainingSection.model_validate({"epoch": 3})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(value):
    with pytest.raises(ValidationError, match="finite"):
        EvaluationSection(recall_floor=0.5, allowed_drop=value)


def test_a_section_as_plain_values_has_the_keys_of_the_file():
    assert PatientSource.model_validate({"from": "each_file"}).plain()["from"] == "each_file"
    assert Split().plain() == {"train": 0.64, "eval": 0.16, "test": 0.2}
