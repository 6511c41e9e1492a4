import pytest
from pydantic import ValidationError

from components.recipe.audit import AuditSection
from components.recipe.base import Section
from components.recipe.data import DataSection, PatientSource, Split
from components.recipe.evaluation import EvaluationSection
from components.recipe.recipe import Recipe  # noqa: F401  (with it, every section is known)
from components.recipe.training import TrainingSection


def all_sections(of=Section):
    return [one for kind in of.__subclasses__() for one in (kind, *all_sections(kind))]


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


@pytest.mark.parametrize("section", all_sections(), ids=lambda section: section.__name__)
def test_every_key_of_every_section_is_explained(section):
    keys = [field.alias or name for name, field in section.model_fields.items()]
    assert list(section.meanings()) == keys
    for meaning in section.meanings().values():
        assert meaning.endswith(".") and "\n" not in meaning and len(meaning) > 15


def test_a_meaning_is_one_line_of_the_docstring():
    meanings = AuditSection.meanings()
    assert meanings["min_cell"] == (
        "smallest number of images of a class in a split that is not a finding."
    )
    assert meanings["hash_distance"].startswith("largest number of different bits, of 64, between")
    assert DataSection.meanings()["split"] == "shares of the patients in each split."
