from typing import Any

import numpy as np
import pytest
from sklearn.metrics import classification_report, confusion_matrix

from components.gate.predictions import Predictions
from components.run_report import figures

CASES: dict[str, dict[str, Any]] = {
    "random": {},
    "two classes": {"classes": ("ill", "well")},
    "a class without images": {"absent": ("NORMAL",)},
    "perfect": {"kind": "perfect"},
    "collapsed": {"kind": "collapsed"},
}


@pytest.fixture(params=CASES)
def found(request, make_predictions) -> Predictions:
    return make_predictions(**CASES[request.param])


def test_every_class_is_as_scikit_learn_says(found):
    indices = list(range(len(found.classes)))
    expected = classification_report(
        found.labels, found.predicted, labels=indices, output_dict=True, zero_division=np.nan
    )
    matrix = confusion_matrix(found.labels, found.predicted, labels=indices)
    np.testing.assert_array_equal(found.matrix(), matrix)
    for index, result in enumerate(figures.class_results(found)):
        ours = (result.recall, result.precision, result.f1, result.cases)
        theirs = expected[str(index)]
        wanted = [theirs[name] for name in ("recall", "precision", "f1-score", "support")]
        np.testing.assert_allclose(ours, wanted, atol=1e-6)
        others = found.labels != index
        specificity = (found.predicted[others] != index).mean() if others.any() else np.nan
        np.testing.assert_allclose(result.specificity, specificity, atol=1e-6)


def test_the_auc_is_the_chance_that_a_case_is_ranked_above_another_image(found):
    for index, result in enumerate(figures.class_results(found)):
        scores = found.probabilities[:, index]
        ill, well = scores[found.labels == index], scores[found.labels != index]
        if not len(ill) or not len(well):
            assert np.isnan(result.auc)
            continue
        above = (ill[:, None] > well).mean() + (ill[:, None] == well).mean() / 2
        assert result.auc == pytest.approx(above, abs=1e-6)


def test_an_image_without_the_feature_is_in_no_slice(make_predictions):
    found = make_predictions()
    slices = list(figures.slice_results(found))
    known = sum(value is not None for value in found.features["site"])
    assert sum(one.images for one in slices) == known < len(found.labels)
    assert [one.value for one in slices] == ["a", "b", "c"]


def test_no_image_at_all_breaks_nothing(make_predictions):
    found = make_predictions(of_each=0)
    assert all(result.cases == 0 for result in figures.class_results(found))
