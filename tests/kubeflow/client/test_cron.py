from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from kubeflow.client.cron import check_cron, find_zone, next_times
from kubeflow.errors import PipelinesError

UTC = ZoneInfo("UTC")
SATURDAY = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


def times(expression, count=3, zone=UTC, after=SATURDAY):
    found = next_times(check_cron(expression), count, zone=zone, after=after)
    return [f"{time:%a %d.%m. %H:%M:%S}" for time in found]


def test_seconds_come_first():
    assert times("0 0 2 * * SUN") == [
        "Sun 22.11. 02:00:00",
        "Sun 29.11. 02:00:00",
        "Sun 06.12. 02:00:00",
    ]
    assert times("*/20 * * * * *", after=SATURDAY + timedelta(seconds=1)) == [
        "Sat 21.11. 12:00:20",
        "Sat 21.11. 12:00:40",
        "Sat 21.11. 12:01:00",
    ]


@pytest.mark.parametrize(
    ("expression", "first"),
    [
        ("30 15 4 1 * ?", "Tue 01.12. 04:15:30"),
        ("0 0/10 * * * ?", "Sat 21.11. 12:10:00"),
        ("0  0 6,18 * jan-mar mon-fri", "Fri 01.01. 06:00:00"),
        ("0 0 2 1 * MON", "Mon 23.11. 02:00:00"),  # either of the two days
    ],
)
def test_what_the_scheduler_reads_is_read(expression, first):
    assert times(expression, 1) == [first]


def test_times_follow_the_clock_of_the_scheduler_through_its_summer_time():
    march = datetime(2026, 3, 27, tzinfo=timezone.utc)
    found = next_times("0 30 3 * * *", 3, zone=ZoneInfo("Europe/Berlin"), after=march)
    assert [f"{time.astimezone(timezone.utc):%d. %H:%M}" for time in found] == [
        "27. 02:30",
        "28. 02:30",
        "29. 01:30",
    ]


def test_five_fields_are_refused_with_the_six_that_were_meant():
    with pytest.raises(PipelinesError, match=r'it is --cron "0 0 2 \* \* 0"'):
        check_cron("0 2 * * 0")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "Received 0"),
        ("@daily", "Received 1"),
        ("0 0 0 2 * * SUN", "Received 7"),
        ("0 0 24 * * *", "The hour of --cron"),
        ("60 0 2 * * *", "The second of --cron"),
        ("0 0 2 0 * *", "The day of the month of --cron"),
        ("0 0 2 * 13 *", "The month of --cron"),
        # Other crons read these; the scheduler does not.
        ("0 0 2 * * 7", "numbers from 0 to 6, or SUN-SAT"),
        ("0 0 22-2 * * *", "ranges upwards"),
        ("0 0 2 L * *", "The day of the month of --cron"),
        ("0 0 2 * * SUN#1", "The day of the week of --cron"),
        ("0 */0 * * * *", "The minute of --cron"),
        ("0 0 2 * * SUN,", "The day of the week of --cron"),
        ("0 0 2 */2 * MON", "not choose among both"),
    ],
)
def test_what_the_scheduler_does_not_read_is_refused(expression, reason):
    with pytest.raises(PipelinesError, match=reason):
        check_cron(expression)


def test_a_day_that_never_comes_is_an_error():
    with pytest.raises(PipelinesError, match="No such day ever comes"):
        times("0 0 2 30 2 *")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_zone_is_an_error(name):
    with pytest.raises(PipelinesError, match="no time zone"):
        find_zone(name)
