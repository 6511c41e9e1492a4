from dataclasses import replace

import numpy as np
import pytest

from components.data_audit.checks.shortcut_model import (
    grey_level,
    patient_folds,
    shortcut_classifier,
    size_and_format,
)


def test_size_and_format_as_numbers(one):
    picture = replace(one[0], width=200, height=100)
    (found,) = size_and_format([picture], ["DICOM", "PNG"])
    assert found == pytest.approx([200, 100, 2, np.log(20_000), 0, 1])
    assert size_and_format([picture], ["JPEG"])[0, 4:].tolist() == [0]


def test_grey_level_as_numbers(one):
    assert grey_level([one[0]]).tolist() == [[one[0].mean, one[0].std]]


def test_a_rare_class_weighs_as_much_as_a_frequent_one():
    """Features that say nothing leave both at a half."""
    labels = ["rare"] * 4 + ["frequent"] * 36
    model = shortcut_classifier().fit(np.zeros((40, 2)), labels)
    assert model.predict_proba(np.zeros((1, 2))) == pytest.approx(np.full((1, 2), 0.5), abs=1e-3)


def test_each_fold_has_patients_of_every_class_and_shares_none():
    patients = np.array([f"{number:02}" for number in range(23)] * 2)
    labels = np.array((["rare"] * 6 + ["frequent"] * 17) * 2)
    folds = patient_folds(labels, patients, 5)
    assert np.array_equal(np.sort(np.concatenate([test for _, test in folds])), np.arange(46))
    for training, test in folds:
        assert not set(patients[training]) & set(patients[test])
        tested = set(patients[test])
        assert len(tested & set(patients[labels == "rare"])) in (1, 2)
        assert len(tested & set(patients[labels == "frequent"])) in (3, 4)
