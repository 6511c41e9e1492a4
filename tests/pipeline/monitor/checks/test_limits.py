import numpy as np
import pytest

from pipeline.monitor.checks.checks import checks_between
from pipeline.monitor.checks.limits import _highest, alarm_rate, limits_of

CLASSES = ("ill", "well")


def test_once_a_year_when_run_every_week():
    assert alarm_rate(1.0, 7.0) == pytest.approx(1 / 52.18, rel=1e-3)
    assert alarm_rate(4.0, 1.0) == pytest.approx(4 / 365.25)


def test_quiet_weeks_raise_as_many_alarms_as_allowed(draw):
    """With limits for one alarm in five weeks: some in 100, and not half of them."""
    alarms = 0
    for seed in range(5):
        reference, patients = draw(400, seed=100 + seed)
        checks = checks_between(reference, reference, CLASSES)
        limits = limits_of(checks, patients, 200, rate=0.2)
        for week in range(20):
            now, _ = draw(200, seed=1000 + 50 * seed + week)
            ones = np.ones((1, len(reference))), np.ones((1, len(now)))
            scores = [
                float(check.compare(*ones).score[0])
                for check in checks_between(reference, now, CLASSES)
            ]
            alarms += bool((np.array(scores) / limits.scale).max() > limits.limit)
    assert 6 <= alarms <= 40  # 20 wanted; the weeks of one reference are alike


def test_images_of_one_patient_that_are_alike_raise_the_scale(draw):
    reference, patients = draw(400, seed=1)
    checks = checks_between(reference, reference, CLASSES)
    by_patient = limits_of(checks, patients, 200, rate=0.05)
    as_independent = limits_of(checks, np.arange(400), 200, rate=0.05)
    names = [check.name for check in checks]
    contrast = names.index("contrast")  # two images of a patient hardly differ in it
    assert by_patient.scale[contrast] > 1.15 * as_independent.scale[contrast]
    assert as_independent.scale[contrast] < 1.15


def test_rarer_alarms_need_a_higher_score(draw):
    reference, patients = draw(200, seed=1)
    checks = checks_between(reference, reference, CLASSES)
    often, rarely = (limits_of(checks, patients, 100, rate).limit for rate in (0.2, 0.02))
    assert 0 < often < rarely


def test_the_error_of_a_recall_shrinks_with_the_images(draw):
    reference, patients = draw(400, seed=1)
    checks = checks_between(reference, reference, CLASSES)
    few, many = (limits_of(checks, patients, images, 0.05).own_errors for images in (50, 800))
    recalls = [index for index, check in enumerate(checks) if check.kind == "recall"]
    for index in recalls:
        assert many[index] == pytest.approx(few[index] / 4, rel=0.3)
    assert np.isnan([few[i] for i in range(len(checks)) if i not in recalls]).all()


def test_no_resample_sets_the_scale_that_divides_it():
    """With many checks of noise, a limit from scales of the same resamples is exceeded more."""
    one, other = np.random.default_rng(0).normal(0, 3, (2, 50, 200))
    fresh = np.random.default_rng(1).normal(0, 3, (50, 20_000))
    own, others = (
        float((_highest(fresh, scales) > np.quantile(_highest(one, scales), 0.9)).mean())
        for scales in (one, other)
    )
    assert others == pytest.approx(0.1, abs=0.05)
    assert own > others


def test_one_patient_alone_is_no_error(draw):
    reference, _ = draw(40, seed=1)
    checks = checks_between(reference, reference, CLASSES)
    limits = limits_of(checks, np.zeros(40, np.int64), 40, rate=0.05)
    assert np.isfinite(limits.limit)
