"""What TFMA makes of the floors: `tests/components/gate/test_verdict.py`."""

import pytest

from components.evaluator.eval_config import build_eval_config
from components.recipe.evaluation import EvaluationSection
from components.runtime.errors import RecipeError
from tests.data_section import data_section

DATA = data_section()


def test_folds_are_judged_by_the_predictions_in_the_examples():
    (spec,) = build_eval_config(DATA, EvaluationSection(recall_floor=0.7, folds=5)).model_specs
    assert (spec.signature_name, spec.prediction_key) == ("", "probabilities")
    (spec,) = build_eval_config(DATA, EvaluationSection(recall_floor=0.7)).model_specs
    assert spec.signature_name == "serve_examples"


def test_a_class_without_floor_is_refused():
    section = EvaluationSection(recall_floor={"a": 0.7})
    with pytest.raises(RecipeError, match="no floor for class 'b'"):
        build_eval_config(DATA, section)


def test_a_code_edit_changes_the_config():
    section = EvaluationSection(recall_floor=0.7)
    before = build_eval_config(DATA, section, "a")
    assert before == build_eval_config(DATA, section, "a")
    assert before != build_eval_config(DATA, section, "b")
