"""Classes that can be predicted without the lungs."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from components.data_audit.checks.shortcuts import (
    WHOLE,
    _sample,
    measure_shortcuts,
    shortcuts,
)


def framed(picture):
    """A dark frame around the images of one class, as another scanner makes it."""
    thumbnail = picture.thumbnail.copy()
    thumbnail[:2] = thumbnail[-2:] = 0
    thumbnail[:, :2] = thumbnail[:, -2:] = 0
    return replace(picture, thumbnail=thumbnail)


PLANTED = {
    "size and format": lambda picture: replace(picture, format="JPEG", width=picture.width + 90),
    "grey level and colour": lambda picture: replace(picture, mean=picture.mean + 90),
    "border pixels": framed,
}


def test_phantoms_have_none(clean):
    rows = measure_shortcuts(clean)
    assert not shortcuts(rows, 0.9).cases
    assert [row.features for row in rows][-1] == WHOLE
    for row in rows:
        assert set(row.auc) == {"COVID", "NORMAL", "PNEUMONIA"}
        assert 0 <= row.low <= row.balanced_accuracy <= row.high <= 1
        assert row.chance == pytest.approx(1 / 3)


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_one_is_found_and_named(clean, kind):
    pictures = [PLANTED[kind](p) if p.label == "COVID" else p for p in clean]
    rows = {row.features: row for row in measure_shortcuts(pictures)}
    assert rows[kind].auc["COVID"] > 0.97
    found = shortcuts(list(rows.values()), 0.9)
    assert any(case.reason.startswith(f"{kind} predict COVID") for case in found.cases)


def test_the_test_split_is_never_looked_at(clean):
    changed = [
        replace(p, width=9999, thumbnail=np.zeros_like(p.thumbnail)) if p.split == "test" else p
        for p in clean
    ]
    assert measure_shortcuts(changed) == measure_shortcuts(clean)


def test_of_many_images_the_rare_class_is_measured_whole(clean, monkeypatch):
    rare = {p.filename for p in clean if p.label == "COVID" and p.split != "test"}
    kept = sorted(rare)[:6]
    pictures = [p for p in clean if p.filename in kept or p.label != "COVID"]
    monkeypatch.setattr("components.data_audit.checks.shortcuts.MOST", 30)
    assert Counter(p.label for p in _sample(pictures)) == {
        "COVID": 6,
        "NORMAL": 12,
        "PNEUMONIA": 12,
    }
    assert {row.images for row in measure_shortcuts(pictures)} == {30}


def test_too_few_patients_are_a_sentence(clean):
    alone = [replace(p, patient="one") if p.label == "COVID" else p for p in clean]
    assert measure_shortcuts(alone) == []
    assert "too few" in shortcuts([], 0.9).sentence
