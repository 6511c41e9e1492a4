"""Patients in two splits or two classes."""

import pytest

from components.data_audit.checks.patients import Divided, in_two_classes, in_two_splits
from tests.components.data_audit.cohort import image


def test_without_such_patients_nothing_is_found():
    none = Divided(0, [])
    assert not in_two_splits(none).cases and not in_two_classes(none).cases


@pytest.mark.parametrize(
    ("check", "sides"), [(in_two_splits, "test, train"), (in_two_classes, "COVID, NORMAL")]
)
def test_each_is_a_case_with_an_image_of_each_side_first(check, sides):
    images = [image("a"), image("b"), image("c", "test", "NORMAL")]
    others = [image("d", patient="q"), image("e", "test", "NORMAL", "q")]
    found = check(Divided(7, [*images, *others]))
    assert [case.files for case in found.cases] == [("a", "c", "b"), ("d", "e")]
    assert [case.reason for case in found.cases] == [f"patient p: {sides}", f"patient q: {sides}"]
    assert found.sentence.startswith("7 patients ") and found.count == 7
