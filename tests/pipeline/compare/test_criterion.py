import numpy as np
import pytest
from sklearn import metrics

from pipeline.compare.criterion import NAMED, parse_criterion, recalls
from pipeline.compare.errors import CompareError

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")


@pytest.mark.parametrize("skill", [0.0, 1.0, 4.0])
def test_as_scikit_learn_counts(make_answers, skill):
    answers = make_answers(skill)
    truth, tops, matrix = answers.labels, answers.tops, answers.matrix()
    assert (matrix == metrics.confusion_matrix(truth, tops)).all()
    of_classes = metrics.recall_score(truth, tops, average=None)
    assert recalls(matrix) == pytest.approx(of_classes)
    assert NAMED["accuracy"](matrix) == pytest.approx(metrics.accuracy_score(truth, tops))
    balanced = metrics.balanced_accuracy_score(truth, tops)
    assert NAMED["balanced_accuracy"](matrix) == pytest.approx(balanced)
    f1 = metrics.f1_score(truth, tops, average="macro")
    assert NAMED["macro_f1"](matrix) == pytest.approx(f1)
    assert NAMED["min_recall"](matrix) == pytest.approx(min(of_classes))
    found = parse_criterion("recall:NORMAL", CLASSES).value(matrix)
    assert found == pytest.approx(of_classes[1])


def test_by_hand_and_many_at_once():
    matrix = np.array([[8, 2], [1, 9]], float)
    one_class = np.array([[3, 1], [0, 0]], float)
    both = np.stack([matrix, one_class])
    assert NAMED["accuracy"](both) == pytest.approx([0.85, 0.75])
    assert NAMED["balanced_accuracy"](both) == pytest.approx([0.85, 0.75])
    assert NAMED["min_recall"](both) == pytest.approx([0.8, 0.75])
    assert NAMED["macro_f1"](both) == pytest.approx([(16 / 19 + 18 / 21) / 2, 6 / 7 / 2])
    assert np.isnan(recalls(both)[1, 1])


@pytest.mark.parametrize("text", ["auc", "recall:", "recall:FLU", "recall"])
def test_another_criterion_is_refused(text):
    with pytest.raises(CompareError, match=r"min_recall or recall:CLASS.*COVID"):
        parse_criterion(text, CLASSES)
