from dataclasses import replace

import numpy as np
import pytest

from pipeline.monitor.errors import MonitorError
from pipeline.monitor.monitoring import monitor
from pipeline.monitor.outputs import words


def test_a_quiet_week(quiet):
    assert quiet.alarms == () and quiet.limit > 2
    assert (quiet.predictions, quiet.images, quiet.repeated) == (200, 200, 0.0)
    assert (quiet.reference_images, quiet.reference_patients) == (400, 200)
    assert quiet.latency == pytest.approx({"median": 20.0, "95 %": 29.0})
    assert quiet.tags == {"manufacturer A": 200}
    scores = [finding.score for finding in quiet.findings]
    assert scores == sorted(scores, reverse=True) and min(scores) >= 0


def test_another_scanner_is_an_alarm_that_names_the_contrast(alarmed):
    assert [finding.name for finding in alarmed.alarms] == ["contrast"]
    (first, *_) = alarmed.findings
    assert first.images == 200 and first.effect > 0.3 and first.score > alarmed.limit
    assert first.before["median"] == pytest.approx(50, abs=2)
    assert first.now["median"] == pytest.approx(40, abs=2)


def test_the_recall_without_labels_has_its_sampling_error(quiet):
    for one in quiet.recalls:
        assert one.low < one.now < one.high
        assert abs(one.reference - one.observed) < 0.1  # the reference is calibrated
    assert [one.label for one in quiet.recalls] == ["ill", "well"]


def test_a_class_that_did_not_come_has_no_recall_and_raises_no_alarm_of_it(
    reference, make_logged, settings
):
    logged = make_logged()
    sure = replace(logged, probabilities=np.full_like(logged.probabilities, [0.999, 0.001]))
    found = monitor(reference, sure, [], settings)
    (unknown,) = [one for one in found.recalls if one.label == "well"]
    assert np.isnan([unknown.now, unknown.low, unknown.high]).all()
    assert "estimated recall of well" not in [one.name for one in found.alarms]
    assert "predicted classes" in [one.name for one in found.alarms]
    assert any("less than one case of well" in note for note in words.notes(found))


def test_repeated_images_count_once_with_their_last_prediction(reference, make_logged, settings):
    logged = make_logged(images=60)
    twice = logged.chosen(np.r_[np.zeros(500, int), np.arange(60)])
    found = monitor(reference, twice, [], settings)
    assert (found.predictions, found.images) == (560, 60)
    assert found.repeated == pytest.approx(500 / 560)
    once = monitor(reference, logged, [], settings)
    assert [one.effect for one in found.findings] == [one.effect for one in once.findings]


def test_images_to_look_at_come_in_order(quiet, make_logged):
    logged = make_logged()  # the log that was looked at
    flags = [one.out_of_distribution for one in quiet.unusual]
    assert flags == sorted(flags, reverse=True) and len(flags) == 10
    count = int(logged.out_of_distribution.sum())
    assert 0 < count < 10 and sum(flags) == count
    rest = [one.probability for one in quiet.unusual[count:]]
    assert rest == sorted(rest)
    known = [image.decode() for image in logged.images]
    assert all(one.image in known for one in quiet.unusual)


def test_too_few_images_are_an_error_that_says_what_else_was_there(
    reference, make_logged, settings
):
    logged = make_logged(images=18, faults={"another version": 7})
    with pytest.raises(MonitorError, match=r"it has 18 .*another version: 7.*longer --since"):
        monitor(reference, logged, [], settings)


def test_an_unknown_check_is_an_error_that_names_all(reference, make_logged, settings):
    logged = make_logged()
    with pytest.raises(MonitorError, match=r"The checks are .*contrast.*--skip 'contrst'"):
        monitor(reference, logged, [], replace(settings, skipped=("contrst",)))


def test_other_embeddings_are_an_alarm_and_name_typical_images(reference, make_logged, settings):
    logged = make_logged(moved=1.5)
    found = monitor(reference, logged, [], settings)
    (alarm,) = found.alarms
    assert alarm.name == "embedding" and alarm.effect > 0.65 and alarm.p is not None
    assert alarm.p <= 0.01
    assert [one.unlike_reference for one in found.unusual] == [True] * 5 + [False] * 5
    assert found.unusual[0].tags == {"manufacturer": "A"}


def test_a_log_without_embeddings_is_compared_without_them(reference, make_logged, settings):
    logged = make_logged()
    bare = replace(logged, embeddings=np.full_like(logged.embeddings, np.nan))
    found = monitor(reference, bare, [], settings)
    assert "embedding" not in [one.name for one in found.findings]
    assert any("Embeddings are not compared: 0 images" in note for note in words.notes(found))


def test_an_old_version_without_embeddings_is_monitored(reference, make_logged, settings):
    logged = make_logged()
    found = monitor(replace(reference, embeddings=None), logged, [], settings)
    assert "embedding" not in [one.name for one in found.findings]
    assert any("pushed by an earlier medtfx" in note for note in words.notes(found))
