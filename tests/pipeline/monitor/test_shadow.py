from dataclasses import replace

import numpy as np
import pytest

from pipeline.monitor.labels.labels import Label, Labels, match
from pipeline.monitor.shadow import compare_shadow
from tests.pipeline.monitor.conftest import CLASSES


@pytest.fixture
def served(make_logged):
    return make_logged()


def changed(logged, rows, value):
    """The same images; the first class has another probability in some rows."""
    probabilities = logged.probabilities.copy()
    probabilities[rows] = [value, 1 - value]
    return replace(logged, probabilities=probabilities)


def rows_of(logged, predicted, count):
    return np.flatnonzero(logged.probabilities.argmax(-1) == predicted)[:count]


def test_the_same_predictions_are_no_difference(served):
    found = compare_shadow(4, served, served, CLASSES)
    assert (found.version, found.images, found.pairs, found.agreement) == (4, 200, 200, 1.0)
    assert all(one.p == 1.0 and one.low <= 0 <= one.high for one in found.predicted)
    assert [shift.mean for shift in found.shifts] == [0.0, 0.0] and found.differing == ()
    assert found.right == ()


def test_images_on_which_they_differ_are_counted_by_class(served):
    to_ill, to_well = rows_of(served, 1, 9), rows_of(served, 0, 1)
    shadow = changed(changed(served, to_ill, 0.99), to_well, 0.01)
    found = compare_shadow(4, served, shadow, CLASSES)
    ill, well = found.predicted
    assert (ill.served_only, ill.shadow_only, well.served_only, well.shadow_only) == (1, 9, 9, 1)
    assert ill.shadow - ill.served == 8 and ill.difference == pytest.approx(8 / 200)
    # (1 + 10) of 2^10 halves as far out on one side, and as many on the other
    assert ill.p == well.p == pytest.approx(2 * 11 / 1024)
    assert ill.low < ill.difference < ill.high and found.agreement == pytest.approx(0.95)
    assert {one.image for one in found.differing} == {
        image.decode() for image in served.images[[*to_ill, *to_well]]
    }
    distances = [one.difference for one in found.differing]
    assert distances == sorted(distances, reverse=True)


def test_the_interval_of_a_shift_counts_studies(served):
    """Two images of each study move alike: half as much evidence as from independent images."""
    generator = np.random.default_rng(1)
    moved = np.repeat(generator.normal(0.02, 0.05, 100), 2)
    first = np.clip(served.probabilities[:, 0] + moved, 0, 1)
    shadow = replace(served, probabilities=np.stack([first, 1 - first], -1).astype(np.float32))
    alone = replace(served, studies=np.zeros(200, "S16"))
    by_study = compare_shadow(4, served, shadow, CLASSES).shifts[0]
    by_image = compare_shadow(4, alone, shadow, CLASSES).shifts[0]
    assert by_study.mean == by_image.mean and by_study.low < by_study.mean < by_study.high
    widths = [one.high - one.low for one in (by_study, by_image)]
    assert widths[0] / widths[1] == pytest.approx(np.sqrt(2), rel=0.03)


def test_only_common_images_are_compared_each_by_its_last_prediction(served):
    rows = np.array([0, 1, 2, 0])
    shadow = served.chosen(rows)
    shadow = changed(shadow, [0], 0.5)  # an earlier one of image 0
    found = compare_shadow(4, served, shadow, CLASSES)
    assert (found.images, found.pairs, found.differing) == (200, 3, ())
    none = compare_shadow(4, served, served.chosen(np.zeros(0, np.intp)), CLASSES)
    assert (none.images, none.pairs, none.predicted) == (200, 0, ()) and np.isnan(none.agreement)


def test_labels_say_which_of_the_two_is_right(served):
    ill = rows_of(served, 0, 30)
    labels = {served.images[row].decode(): Label(0, f"p{row // 2}") for row in ill}
    matched = match(served, Labels(labels, True))
    found = compare_shadow(4, served, changed(served, ill[:6], 0.1), CLASSES, matched)
    (recall,) = found.right
    assert (recall.label, recall.images, recall.served, recall.shadow) == ("ill", 30, 30, 24)
    assert recall.difference == pytest.approx(-0.2)
    assert recall.p == pytest.approx(2 / 64)
    assert recall.low < -0.2 < recall.high
