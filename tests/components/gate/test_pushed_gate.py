import json
import math

import pytest

from components.gate.pushed_gate import GATE, PushedGate, read_gate, write_gate
from components.gate.results import ClassResult
from components.recipe.evaluation import EvaluationSection
from components.saved_model.manifest import ChangedModelError

RULES = EvaluationSection.model_validate(
    {"recall_floor": {"a": 0.6, "b": 0.8}, "slices": {"site": {"floor": 0.5, "min_patients": 9}}}
)
RESULT = ClassResult(
    "a", 40, 36, 0.9, 0.77, 0.96, math.nan, 0.94, 0.89, 0.97,
    patients=31, specificity_low=0.9, specificity_high=0.97,
)  # fmt: skip


def test_the_gate_is_read_as_it_was_written(tmp_path):
    write_gate(tmp_path, PushedGate(RULES, (RESULT,)))
    found = read_gate(tmp_path)
    assert found.evaluation == RULES
    (one,) = found.classes
    assert (one.label, one.hits, one.low, one.patients) == ("a", 36, 0.77, 31)
    assert math.isnan(one.precision)
    assert json.loads((tmp_path / GATE).read_text())["classes"][0]["precision"] is None


def test_an_older_version_has_none(tmp_path):
    assert read_gate(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", '{"evaluation": {"floor": 1}, "classes": []}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / GATE).parent.mkdir()
    (tmp_path / GATE).write_text(text)
    with pytest.raises(ChangedModelError, match=r"assets.extra/gate.json .*Restore it"):
        read_gate(tmp_path)
