import numpy as np
import pytest
from sklearn import metrics

from components.gate.patient_table import PatientTable
from pipeline.compare.criterion import NAMED, parse_criterion
from pipeline.compare.statistics import paired_difference, summarise

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")
BALANCED = parse_criterion("balanced_accuracy", CLASSES)


def test_summary_as_scikit_learn_has_it(make_answers):
    answers = make_answers(1.0)
    summary = summarise(answers, CLASSES)
    auc = metrics.roc_auc_score(
        answers.labels, answers.probabilities, multi_class="ovr", average="macro"
    )
    assert summary.auc == pytest.approx(auc)
    for name, value in NAMED.items():
        assert summary.named[name] == pytest.approx(float(value(answers.matrix())))
    table = PatientTable.of_images(answers.patients, answers.labels, answers.tops)
    for index, result in enumerate(summary.classes):
        hits = int(((answers.labels == index) & (answers.tops == index)).sum())
        assert (result.hits, result.cases) == (hits, 120)
        assert (result.low, result.high) == table.bounds(index).recall


def test_a_class_without_images_has_no_auc(make_answers):
    answers = make_answers(1.0)
    without = answers.take(np.flatnonzero(answers.labels != 2))
    found = summarise(without, CLASSES).classes
    assert np.isnan([result.auc for result in found]).tolist() == [False, False, True]


def test_identical_models_do_not_differ(make_answers):
    found = paired_difference(make_answers(1.0), make_answers(1.0), BALANCED)
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert not found.beyond_chance


def test_equally_good_models_differ_by_chance(make_answers):
    found = paired_difference(make_answers(1.0, seed=1), make_answers(1.0, seed=2), BALANCED)
    assert found.low < 0 < found.high
    assert found.low < found.value < found.high


def test_a_better_model_is_better_beyond_chance_both_ways_round(make_answers):
    good, bad = make_answers(3.0, seed=1), make_answers(0.5, seed=2)
    found, turned = paired_difference(good, bad, BALANCED), paired_difference(bad, good, BALANCED)
    assert 0 < found.low < found.value < found.high and found.beyond_chance
    assert (turned.value, turned.low, turned.high) == pytest.approx(
        (-found.value, -found.high, -found.low)
    )


def test_the_order_of_the_images_does_not_matter(make_answers):
    one, other = make_answers(2.0, seed=1), make_answers(1.0, seed=2)
    shuffled = other.take(np.random.default_rng(0).permutation(len(other)))
    assert paired_difference(one, shuffled, BALANCED) == paired_difference(one, other, BALANCED)


def test_many_images_of_one_patient_do_not_count_as_many_patients(make_answers):
    one, other = make_answers(2.0, images=1, seed=1), make_answers(1.0, images=1, seed=2)
    wide = paired_difference(one, other, BALANCED)
    copies = [answers.take(np.tile(np.arange(len(answers)), 9)) for answers in (one, other)]
    renamed = [
        type(c)(tuple(f"{n:05d}" for n in range(len(c))), *list(vars(c).values())[1:])
        for c in copies
    ]
    again = paired_difference(renamed[0], renamed[1], BALANCED)
    assert (again.low, again.high) == pytest.approx((wide.low, wide.high))


def test_folds_have_differences_of_their_own(make_answers):
    one, other = make_answers(2.0, seed=1), make_answers(1.0, seed=2)
    found = paired_difference(one, other, parse_criterion("accuracy", CLASSES))
    by_hand = [
        (one.tops == one.labels)[one.folds == fold].mean()
        - (other.tops == other.labels)[other.folds == fold].mean()
        for fold in (1, 2, 3)
    ]
    assert found.of_folds == pytest.approx(by_hand)
    assert found.mean_of_folds == pytest.approx(found.value)


def test_different_images_can_not_be_paired(make_answers):
    with pytest.raises(ValueError, match="different images"):
        paired_difference(make_answers(1.0), make_answers(1.0).take(range(9)), BALANCED)
