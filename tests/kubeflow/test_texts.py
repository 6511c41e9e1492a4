from datetime import datetime, timezone

import pytest

from kubeflow.texts import columns, duration, markdown, moment


def test_a_time_that_the_server_does_not_know_is_a_dash():
    assert moment(None) == moment(datetime(1970, 1, 1, tzinfo=timezone.utc)) == "-"
    now = datetime(2026, 11, 21, 2, 0, 59).astimezone()
    assert moment(now) == "2026-11-21 02:00"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (0.4, "0 s"), (59.6, "1 min 0 s"), (185, "3 min 5 s"), (7800, "2 h 10 min")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_columns_are_aligned_and_nothing_is_cut_or_interpreted():
    error = "[red] " + "long " * 100 + "end"
    text = columns(["id", "error"], [["a", error], ["abcdef", ""]])
    assert text.splitlines() == ["id      error", f"a       {error}", "abcdef"]
    assert columns([], [["a", "b"], ["cc", "d"]]) == "a   b\ncc  d"
    assert columns(["id"], []) == ""


def test_signs_of_markdown_are_escaped():
    assert markdown("a_b|<c> d") == r"a\_b\|\<c\> d"
