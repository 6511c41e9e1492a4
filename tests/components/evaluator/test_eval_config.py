import json

import pytest

from components.evaluator import eval_config
from components.evaluator.eval_config import build_eval_config
from components.gate.metric_names import metric_name, shortfall_name
from components.recipe.evaluation import EvaluationSection, SliceRule
from components.runtime.errors import RecipeError
from tests.data_section import data_section

DATA = data_section()


def gates(config) -> dict:
    metrics = config.metrics_specs[0].metrics
    return {
        json.loads(metric.config)["name"]: metric
        for metric in metrics
        if metric.class_name == "ClassMetric"
    }


def threshold(metric):
    (only,) = metric.per_slice_thresholds
    # On the whole split: in a label slice the other classes have no recall, which never passes.
    assert list(only.slicing_specs) == [eval_config.OVERALL]
    return only.threshold


def test_the_floor_is_on_the_lower_bound():
    found = gates(build_eval_config(DATA, EvaluationSection(recall_floor=0.7, allowed_drop=None)))
    assert threshold(
        found[metric_name("recall_low", "b")]
    ).value_threshold.lower_bound.value == pytest.approx(0.7, abs=1e-5)
    assert not found[metric_name("recall", "b")].per_slice_thresholds
    assert not found[metric_name("change_low", "b")].per_slice_thresholds


def test_the_change_is_on_its_lower_bound_too():
    found = gates(build_eval_config(DATA, EvaluationSection(recall_floor=0.7, allowed_drop=0.1)))
    gate = threshold(found[metric_name("change_low", "b")])
    assert gate.value_threshold.lower_bound.value == pytest.approx(-0.1, abs=1e-5)
    assert not found[metric_name("change", "b")].per_slice_thresholds


def test_a_floor_of_a_slice_is_on_its_shortfall():
    section = EvaluationSection(
        recall_floor=0.7, slices={"site": SliceRule(floor=0.6), "sex": SliceRule()}
    )
    found = gates(build_eval_config(DATA, section))
    metric = found[shortfall_name("site", "b")]
    assert json.loads(metric.config)["floor"] == 0.6
    (only,) = metric.per_slice_thresholds
    assert [list(spec.feature_keys) for spec in only.slicing_specs] == [["site"]]
    assert shortfall_name("sex", "b") not in found


def test_the_floor_is_on_the_point():
    section = EvaluationSection(
        recall_floor={"a": 0.7, "b": 0.8}, floor_on="point", allowed_drop=0.1
    )
    found = gates(build_eval_config(DATA, section))
    gate = threshold(found[metric_name("recall", "b")])
    assert gate.value_threshold.lower_bound.value == pytest.approx(0.8, abs=1e-5)
    gate = threshold(found[metric_name("change", "b")])
    assert gate.value_threshold.lower_bound.value == pytest.approx(-0.1, abs=1e-5)
    assert not found[metric_name("recall_low", "b")].per_slice_thresholds


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
