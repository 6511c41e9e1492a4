"""Patients in two splits or two classes."""

from dataclasses import replace

from components.data_audit.checks.patients import in_two_classes, in_two_splits


def test_a_clean_set_has_none(clean):
    assert not in_two_splits(clean).cases and not in_two_classes(clean).cases


def test_both_are_found(clean, one):
    other = replace(one[0], filename="NORMAL/x.png", label="NORMAL", split="test")
    for result in (in_two_splits([*clean, other]), in_two_classes([*clean, other])):
        (case,) = result.cases
        assert {"NORMAL/x.png", one[0].filename} <= set(case.files)
        assert "1 patient " in result.sentence
