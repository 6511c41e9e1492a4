import numpy as np
import pytest

from components.uncertainty.risk_coverage import choose_threshold, risk_coverage_curve, threshold_at

CASES = {
    "random": (3, 0.4),
    "two classes": (2, 0.4),
    "perfect": (3, 1.0),
    "useless": (3, 0.0),
}


@pytest.fixture(params=CASES)
def answered(request):
    """Probabilities [60, C] and labels; the true class is ever more probable with the skill."""
    classes, skill = CASES[request.param]
    rng = np.random.default_rng(4)
    labels = np.arange(60) % classes
    probabilities = rng.dirichlet(np.ones(classes), 60) * (1 - skill)
    probabilities[np.arange(60), labels] += skill
    return probabilities.astype(np.float32), labels


def test_a_curve_is_what_is_left_above_each_threshold(answered):
    probabilities, labels = answered
    right = probabilities.argmax(-1) == labels
    curve = risk_coverage_curve(probabilities, labels)
    assert curve.deferred[0] == 0 and (np.diff(curve.deferred) > 0).all()
    for deferred, accuracy, lowest, every_class, threshold in zip(
        *(curve.deferred, curve.accuracy, curve.lowest_recall, curve.every_class, curve.threshold),
        strict=True,
    ):
        kept = probabilities.max(-1) >= np.float32(threshold)
        assert (deferred, accuracy) == pytest.approx((1 - kept.mean(), right[kept].mean()))
        recalls = [right[kept & (labels == label)] for label in np.unique(labels)]
        assert lowest == pytest.approx(min(hits.mean() for hits in recalls if len(hits)))
        assert every_class == all(len(hits) for hits in recalls)


def test_no_image_has_no_curve_and_no_threshold():
    curve = risk_coverage_curve(np.zeros((0, 3), np.float32), np.zeros(0, np.int64))
    assert len(curve.deferred) == 0
    assert choose_threshold(curve, 0.9, 0.5).below == threshold_at(curve, 0.5).deferred == 0


# Of each class, in the order of confidence: wrong, wrong, right ... right.
CONFIDENCE = np.linspace(0.52, 0.99, 20)
LABELS = np.arange(20) % 2
ANSWERS = np.where(np.arange(20) < 4, 1 - LABELS, LABELS)
PROBABILITIES = np.where(
    np.arange(2) == ANSWERS[:, None], CONFIDENCE[:, None], 1 - CONFIDENCE[:, None]
)


def test_the_threshold_is_the_lowest_at_which_every_class_reaches_the_wanted_recall():
    curve = risk_coverage_curve(PROBABILITIES, LABELS)
    chosen = choose_threshold(curve, 0.95, most=0.5)
    assert chosen.below == pytest.approx(CONFIDENCE[3:5].mean())
    assert (chosen.deferred, chosen.lowest_recall) == (0.2, 1.0)
    assert threshold_at(curve, chosen.below) == chosen
    assert choose_threshold(curve, 0.8, most=0.5).below == 0  # reached without any
    assert choose_threshold(curve, 0.85, most=0.5).below == pytest.approx(CONFIDENCE[1:3].mean())


def test_rounding_defers_no_other_image():
    """Between confidences that are almost the same there is no threshold."""
    confidence = CONFIDENCE.copy()
    confidence[4] = confidence[3] + 1e-7
    probabilities = np.where(
        np.arange(2) == ANSWERS[:, None], confidence[:, None], 1 - confidence[:, None]
    )
    chosen = choose_threshold(risk_coverage_curve(probabilities, LABELS), 0.95, most=0.5)
    assert (chosen.deferred, chosen.lowest_recall) == (0.25, 1.0)
    assert np.abs(confidence - chosen.below).min() > 1e-6


def test_where_the_wanted_recall_takes_too_much_it_comes_as_near_as_may_be():
    chosen = choose_threshold(risk_coverage_curve(PROBABILITIES, LABELS), 0.95, most=0.1)
    assert (chosen.deferred, chosen.lowest_recall) == (0.1, pytest.approx(8 / 9))


def test_a_class_is_not_left_to_people_as_a_whole():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.9, 0.1], [0.95, 0.05], [0.6, 0.4], [0.45, 0.55]])
    chosen = choose_threshold(risk_coverage_curve(probabilities, labels), 0.99, most=1.0)
    assert chosen.below == 0 and chosen.lowest_recall == 0.5


def test_a_threshold_above_all_leaves_everything_to_people():
    assert threshold_at(risk_coverage_curve(PROBABILITIES, LABELS), 0.995).deferred == 1.0
