from dataclasses import replace

import pytest

from components.data_audit.passes.persons import divided, person_rows


@pytest.mark.parametrize(("side", "places"), [("split", {70, 72}), ("label", {71, 73})])
def test_all_rows_of_a_patient_with_two_sides_are_found(one, side, places):
    pictures = [
        replace(one[0], patient=patient, split=split, label=label)
        for patient, split, label in (
            ("a", "train", "COVID"), ("b", "train", "COVID"), ("a", "test", "COVID"),
            ("b", "train", "NORMAL"), ("c", "eval", "NORMAL"), ("c", "eval", "NORMAL"),
        )
    ]  # fmt: skip
    rows = person_rows(pictures, first=70)
    assert set(divided(rows, side)["place"].tolist()) == places
    assert len(divided(rows[4:], side)) == 0
