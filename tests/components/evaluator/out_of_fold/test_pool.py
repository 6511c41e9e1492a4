import pytest
import tensorflow as tf

from components.evaluator.out_of_fold.pool import (
    LeakingFoldsError,
    pooled,
    predicted_classes,
)
from tests.tf_examples import write_examples


def write(path, rows):
    """Writes (filename, patient, fold, top class) of three classes."""
    found = (
        {
            "filename": name,
            "patient": patient,
            "mean": 1.5,
            "std": 2.5,
            "fold": fold,
            "probabilities": [0.6 if index == top else 0.2 for index in range(3)],
        }
        for name, patient, fold, top in rows
    )
    return [write_examples(path, found)]


ROWS = [("a1", "a", 1, 0), ("a2", "a", 1, 1), ("b1", "b", 2, 2)]
NAMES = ["a1", "a2", "b1"]


def test_the_prediction_of_the_baseline_for_the_same_image_stands_beside(tmp_path):
    before = predicted_classes(write(tmp_path / "before.gz", [("a1", "a", 2, 2)]))
    assert before == {("a1", 1.5, 2.5): 2}
    replaced = {("b1", 9.0, 2.5): 0}  # another image under the same name
    found = pooled(write(tmp_path / "now.gz", ROWS), before | replaced, NAMES)
    features = [tf.train.Example.FromString(one).features.feature for one in found]
    assert [one["baseline_index"].int64_list.value[0] for one in features] == [2, -1, -1]


@pytest.mark.parametrize(
    ("rows", "names", "why"),
    [
        ([*ROWS, ("a1", "a", 1, 0)], NAMES, "a1 is predicted twice"),
        ([*ROWS, ("c1", "c", 1, 0)], NAMES, "or is not among the images"),
        (ROWS, [*NAMES, "c1"], "1 are not, the first: c1"),
        ([*ROWS[1:], ("a1", "a", 2, 0)], NAMES, "Patient a is in folds 1 and 2"),
    ],
)
def test_a_leak_is_found(tmp_path, rows, names, why):
    with pytest.raises(LeakingFoldsError, match=why):
        list(pooled(write(tmp_path / "now.gz", rows), {}, names))
