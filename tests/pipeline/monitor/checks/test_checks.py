import numpy as np
import pytest

from pipeline.monitor.checks.checks import checks_between
from pipeline.monitor.checks.sample import Sample

CLASSES = ("ill", "well")


def named(reference, now):
    return {check.name: check for check in checks_between(reference, now, CLASSES)}


def compared(check):
    ones = [np.ones((1, len(values))) for values in (check.one, check.other)]
    found = check.compare(*ones)
    return float(found.effect[0]), float(found.score[0])


@pytest.fixture
def usual(draw):
    return draw(400, seed=1)[0]


def changed(sample, **changes):
    return Sample(**vars(sample) | changes)


def test_every_property_is_checked(usual):
    assert list(named(usual, usual)) == [
        "predicted classes",
        "probability of ill",
        "probability of well",
        "brightness",
        "contrast",
        "size",
        "out-of-distribution score",
        "file format",
        "manufacturer",
        "uncertain",
        "out of distribution",
        "estimated recall of ill",
        "estimated recall of well",
        "embedding",
    ]


def test_nothing_differs_from_itself(usual):
    found = named(usual, usual)
    effect, score = compared(found.pop("embedding"))
    assert effect <= 0.5 and score == 0
    assert all(compared(check) == (0.0, 0.0) for check in found.values())


def test_a_shift_shows_in_its_own_check_alone(usual):
    darker = {**usual.quality, "brightness": usual.quality["brightness"] - 20}
    found = {
        name: compared(check)[1]
        for name, check in named(usual, changed(usual, quality=darker)).items()
    }
    assert found.pop("brightness") > 10
    assert set(found.values()) == {0.0}


def test_an_unknown_format_is_a_category_of_its_own(usual):
    formats = usual.formats.copy()
    formats[:40] = "PNG"
    check = named(usual, changed(usual, formats=formats))["file format"]
    assert check.categories == ("DICOM", "PNG") and compared(check)[1] > 5


def test_only_a_lower_recall_counts(usual):
    vague = changed(usual, probabilities=0.5 + 0.4 * (usual.probabilities - 0.5))
    effect, score = compared(named(usual, vague)["estimated recall of ill"])
    assert effect < -0.1 and score > 5
    effect, score = compared(named(vague, usual)["estimated recall of ill"])
    assert effect > 0.1 and score < -5


def test_rows_without_a_value_are_left_out(usual):
    flags = usual.uncertain.copy()
    flags[::2] = np.nan
    check = named(usual, changed(usual, uncertain=flags))["uncertain"]
    assert check.rows == 200
    assert compared(check)[0] == pytest.approx(np.nanmean(flags) - usual.uncertain.mean())


def test_a_property_that_one_sample_does_not_have_is_not_checked(usual):
    unknown = changed(usual, out_of_distribution=np.full(400, np.nan))
    assert "out of distribution" not in named(usual, unknown)
    assert "out of distribution" not in named(unknown, usual)


def test_a_resample_without_any_known_value_has_no_score(usual):
    flags = np.full(400, np.nan)
    flags[0] = 1.0
    check = named(usual, changed(usual, uncertain=flags))["uncertain"]
    nobody = np.ones((1, 400))
    nobody[0, 0] = 0
    found = check.compare(np.ones((1, 400)), nobody)
    assert (found.effect[0], found.score[0]) == (0.0, 0.0)


def test_against_itself_both_samples_are_the_reference(usual, draw):
    now, _ = draw(100, seed=2)
    check = named(usual, now)["estimated recall of ill"].against_itself()
    ones = np.ones((1, 400))
    assert check.compare(ones, ones).score[0] == 0.0
