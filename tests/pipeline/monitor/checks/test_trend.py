from datetime import timedelta

import numpy as np
import pytest

from pipeline.monitor.checks.trend import SPANS, trend_of
from tests.pipeline.monitor.conftest import CLASSES, NOW, WEEK


def test_each_span_with_predictions_is_a_point(make_logged):
    before = make_logged(seed=4, until=NOW - 3 * WEEK, ill=0.8)
    points = trend_of(make_logged(), [before], NOW - WEEK, NOW, CLASSES)
    assert [point.since for point in points] == [
        "2026-10-31T00:00+00:00",
        "2026-11-21T00:00+00:00",
    ]
    old, new = points
    assert (old.predictions, new.predictions) == (200, 200)
    assert old.shares["ill"] > new.shares["ill"]
    assert sum(old.shares.values()) == pytest.approx(1)
    assert 0.6 < new.recalls["ill"] < 1 and 0 <= new.uncertain < 0.5


def test_what_is_older_is_left_out(make_logged):
    before = make_logged(until=NOW - SPANS * WEEK - timedelta(hours=1))
    assert len(trend_of(make_logged(), [before], NOW - WEEK, NOW, CLASSES)) == 1


def test_parts_add_up_to_the_whole(make_logged):
    before = make_logged(until=NOW - WEEK)
    parts = [before.chosen(np.arange(first, first + 50)) for first in range(0, 200, 50)]
    whole, added = (
        trend_of(make_logged(), history, NOW - WEEK, NOW, CLASSES) for history in ([before], parts)
    )
    assert whole[0].predictions == added[0].predictions == 200
    assert added[0].shares == whole[0].shares
    assert added[0].recalls == pytest.approx(whole[0].recalls)
