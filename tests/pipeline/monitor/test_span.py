from datetime import datetime, timedelta, timezone

import pytest

from pipeline.monitor.errors import MonitorError
from pipeline.monitor.span import length_of, moment_of, rate_of

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(("text", "hours"), [("24h", 24), ("7d", 168), ("2w", 336)])
def test_lengths(text, hours):
    assert length_of(text) == timedelta(hours=hours)


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "0d", "7 d", "1.5d", "7m", "99999d"])
def test_what_is_no_length(text):
    with pytest.raises(MonitorError, match="such as 24h, 7d or 2w"):
        length_of(text)


def test_moments_are_in_utc_unless_they_say_another_zone():
    assert moment_of(None, NOW) == NOW
    assert moment_of("2026-11-28", NOW) == NOW.replace(hour=0)
    assert moment_of("2026-11-28T12:00:00+02:00", NOW) == NOW.replace(hour=10)


@pytest.mark.parametrize(("text", "why"), [("soon", "A moment is"), ("2027-01-01", "the past")])
def test_what_is_no_moment_of_the_past(text, why):
    with pytest.raises(MonitorError, match=why):
        moment_of(text, NOW)


def test_rates_that_no_resampling_can_show_are_refused():
    assert rate_of(1.0, timedelta(days=7)) == pytest.approx(7 / 365.25)
    for false_alarms, days in ((0.01, 1), (100.0, 7)):
        with pytest.raises(MonitorError, match="Choose another --false-alarms"):
            rate_of(false_alarms, timedelta(days=days))
