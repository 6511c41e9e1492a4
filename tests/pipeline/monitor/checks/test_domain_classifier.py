import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from pipeline.monitor.checks.domain_classifier import (
    domain_auc,
    domain_scores,
    embedded,
    permutation_p,
)


def draw(images, seed, moved=0.0):
    generator = np.random.default_rng(seed)
    patients = np.repeat(np.arange(images // 2), 2)
    values = generator.normal(0, 1, (images // 2, 32))[patients]
    values += generator.normal(0, 0.5, (images, 32))
    values[:, :2] += moved
    return values, patients


def compare(one, other):
    ones = np.ones((1, len(one[0]))), np.ones((1, len(other[0])))
    return domain_auc(embedded(*one), ones[0], embedded(*other), ones[1])


def test_it_tells_apart_what_a_logistic_regression_tells_apart():
    one, other = draw(600, 1), draw(400, 2, moved=0.6)
    values = np.concatenate([one[0], other[0]])
    groups = np.concatenate([one[1], other[1] + 1000])
    labels = np.repeat([0, 1], [600, 400])
    scores = cross_val_predict(
        LogisticRegression(max_iter=1000), values, labels, groups=groups, cv=GroupKFold(5),
        method="decision_function",
    )  # fmt: skip
    assert compare(one, other).effect[0] == pytest.approx(roc_auc_score(labels, scores), abs=0.02)


def test_samples_of_one_kind_are_not_told_apart():
    found = [compare(draw(400, seed), draw(400, 100 + seed)).effect[0] for seed in range(10)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)


def test_a_patient_on_both_sides_of_the_cross_validation_would_be_known_again():
    """Images of a patient are alike: by image instead of by patient, chance looks like skill."""
    values, patients = draw(200, 3)
    nearly = values + 0.01
    by_patient = embedded(values, patients)
    assert all(len(set(by_patient.folds[patients == one])) == 1 for one in patients)
    ones = np.ones((1, 200))
    assert domain_auc(by_patient, ones, embedded(nearly, patients), ones).effect[0] < 0.6


def test_a_weight_of_two_is_an_image_twice():
    values, patients = draw(100, 4)
    other = draw(80, 5, moved=1.0)
    doubled = embedded(np.repeat(values, 2, axis=0), np.repeat(patients, 2))
    ones = np.ones((1, 80))
    twice = domain_auc(doubled, np.ones((1, 200)), embedded(*other), ones)
    weighted = domain_auc(
        embedded(values, patients), np.full((1, 100), 2.0), embedded(*other), ones
    )
    # The values are standardised by those of the first sample, which are the same.
    assert weighted.effect[0] == pytest.approx(twice.effect[0], abs=1e-4)


def test_the_permutations_tell_a_change_from_chance():
    one = draw(200, 6)
    changed, same = draw(200, 7, moved=0.8), draw(200, 8)
    assert permutation_p(embedded(*one), one[1], embedded(*changed), changed[1]) <= 0.01
    assert permutation_p(embedded(*one), one[1], embedded(*same), same[1]) > 0.05


def test_the_changed_images_have_the_highest_scores():
    one, other = draw(200, 9), draw(200, 10)
    other[0][:60, :4] += 4
    scores = domain_scores(embedded(*one), embedded(*other))
    assert (np.argsort(-scores)[:30] < 60).mean() > 0.9
