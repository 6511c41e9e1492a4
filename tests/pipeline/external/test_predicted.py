import numpy as np
import pytest

from components.imaging.quarantine import Quarantined
from pipeline.external.errors import ExternalError
from pipeline.external.predicted import read_predictions
from serving.score.origin import Origin
from serving.score.rows import Row


def test_rows_become_columns_in_the_order_of_the_recipe(images):
    other_order = Origin("chest", 17, ("NORMAL", "COVID"))
    rows = [
        Row(images.names[2], "COVID", (0.25, 0.75), True, 17, out_of_distribution=False),
        Row(images.names[3], version=17, error="truncated: at byte 9"),
        Row("COVID/zz-not-listed.png", "NORMAL", (0.5, 0.5), False, 17),
        Row(images.names[40], "NORMAL", (1.0, 0.0), False, 17, out_of_distribution=True),
    ]
    found = read_predictions(images, rows, other_order)
    assert found.kept.tolist() == [2, 40] and found.labels.tolist() == [0, 1]
    assert found.probabilities.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert found.uncertain.tolist() == [True, False]
    assert found.out_of_distribution.tolist() == [False, True]
    (failed,) = found.failed
    assert failed == Quarantined(images.names[3], "truncated", "at byte 9")
    assert found.probabilities.dtype == np.float32


def test_no_prediction_at_all_is_an_error(images, origin):
    rows = [Row(name, version=17, error="empty: no bytes") for name in images.names]
    with pytest.raises(ExternalError, match=r"No labelled image .* first reason: empty: no bytes"):
        read_predictions(images, rows, origin)


def test_a_model_of_other_classes_is_refused(images):
    with pytest.raises(ExternalError, match=r"predicts .*'MASK'.* the classes .*--recipe"):
        read_predictions(images, [], Origin("chest", 17, ("MASK", "COVID")))
