import dataclasses

import numpy as np
import pytest

from pipeline.external import shortcut_baseline
from pipeline.external.shortcut_baseline import measure_shortcuts


def test_a_class_that_the_size_gives_away_is_found(draw, predicted):
    found = measure_shortcuts(predicted)
    assert found.images == 59 and found.balanced_accuracy == pytest.approx(1.0)
    assert found.model == pytest.approx((26 / 29 + 0.9) / 2)
    assert [one.label for one in found.classes] == ["COVID", "NORMAL"]


def test_one_patient_a_class_is_too_few(draw, predicted):
    patients = np.array(["0"] * 30 + ["1"] * 30)
    images = dataclasses.replace(predicted.images, patients=patients)
    assert measure_shortcuts(dataclasses.replace(predicted, images=images)) is None


def test_of_many_images_whole_patients_are_drawn(draw, predicted, monkeypatch):
    monkeypatch.setattr(shortcut_baseline, "MOST", 40)
    assert measure_shortcuts(predicted).images in (39, 40)  # one patient has a single image
