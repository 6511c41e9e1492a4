from serving.score.rows import Row
from serving.score.summary import Summary


def test_rows_are_counted_by_label_doubt_and_reason(origin, make_row):
    summary = Summary(origin, total=4)
    summary.count_earlier(make_row("a", 0.25))
    summary.count_scored([make_row("b"), Row("c", "bright", (0.45, 0.55), True, 2)])
    summary.count_scored([Row("d", error="no answer: refused with INTERNAL: x")])
    assert summary.labels == {"dark": 1, "bright": 2}
    assert summary.uncertain == {"dark": 0, "bright": 1}
    assert summary.failed == {"no answer": 1}
    assert (summary.done, summary.scored, summary.earlier) == (4, 3, 1)


def test_the_rate_is_of_what_was_scored_now(origin, make_row):
    summary = Summary(origin, total=2)
    summary.count_earlier(make_row("a"))
    assert summary.rate == 0
    summary.count_scored([make_row("b")])
    assert summary.rate > 0
