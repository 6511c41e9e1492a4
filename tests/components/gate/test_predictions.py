import csv

import numpy as np
import pytest

from components.gate.predictions import to_csv


def test_the_file_gives_back_every_prediction(make_predictions):
    found = make_predictions(classes=("ill, bad", "well"))
    rows = list(csv.DictReader(to_csv(found).splitlines()))
    assert [row["filename"] for row in rows] == list(found.filenames)
    assert [row["patient"] for row in rows] == list(found.patients)
    assert [row["label"] for row in rows] == [found.classes[label] for label in found.labels]
    assert [row["answer"] for row in rows] == [found.classes[index] for index in found.predicted]
    for name in ("uncertain", "out_of_distribution"):
        assert [row[name] == "true" for row in rows] == getattr(found, name).tolist()
    for index, name in enumerate(found.classes):
        values = np.array([row[f"p_{name}"] for row in rows], np.float32)
        np.testing.assert_array_equal(values, found.probabilities[:, index])


def test_the_prediction_is_the_most_probable_class(make_predictions):
    found = make_predictions()
    rows = np.arange(len(found.labels))
    np.testing.assert_array_equal(found.probabilities[rows, found.predicted], found.confidence)
    assert found.right.mean() == pytest.approx(np.trace(found.matrix()) / len(rows))
