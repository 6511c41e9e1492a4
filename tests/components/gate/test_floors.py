import math
from types import SimpleNamespace

import pytest

from components.evaluator.metrics import QUANTITIES as COMPUTED
from components.gate.floors import TOLERANCE, held, held_quantity, reaches
from components.gate.metric_names import QUANTITIES, metric_name


@pytest.mark.parametrize(("floor_on", "value"), [("lower_bound", 0.8), ("point", 0.9)])
def test_what_is_held_to_a_floor(floor_on, value):
    assert held(SimpleNamespace(recall=0.9, low=0.8), floor_on) == value


def test_a_value_equal_to_its_floor_passes():
    assert reaches(0.6, 0.6) and reaches(0.6 - TOLERANCE / 2, 0.6)
    assert not reaches(0.599, 0.6) and not reaches(math.nan, 0.0)


def test_each_quantity_is_computed_and_has_a_name_of_its_own():
    assert COMPUTED.keys() == QUANTITIES.keys()
    assert {held_quantity("lower_bound"), held_quantity("point")} <= QUANTITIES.keys()
    names = [metric_name(quantity, "a") for quantity in QUANTITIES]
    assert len(set(names)) == len(names)
