"""Records of a model, written at a time of choice.

make_record  a LogRecord; takes changes of its prediction, and of the model
write        adds records to a log at a given time
span         what is read: the week before NOW, of version 3 of the model lungs
"""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from serving.protocol.prediction import Prediction
from serving.request_log.reader import Span
from serving.request_log.record import LoggedImage, LogRecord
from serving.request_log.request_log import RequestLog

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)


@pytest.fixture
def now():
    return NOW


@pytest.fixture
def make_record():
    def make(number=0, model="lungs", **changes):
        probabilities = {"a": 0.75, "b": 0.25}
        usual: dict[str, Any] = {
            "version": 3,
            "probabilities": probabilities,
            "label": "a",
            "uncertain": False,
        }
        flags = {"uncertain": False, "out_of_distribution": False}
        facts = LoggedImage(f"{number:064x}", "PNG", 40, 30, 100.5, 20.25, {"view": "AP"})
        prediction = Prediction("x", **usual | flags | changes)
        return LogRecord(model, prediction, facts, 0.01)

    return make


@pytest.fixture
def write(tmp_path):
    def add(records, at=NOW - timedelta(hours=1), **options):
        RequestLog(tmp_path / "log", clock=lambda: at, **options).add(records)
        return tmp_path / "log"

    return add


@pytest.fixture
def span():
    return Span("lungs", 3, ("a", "b"), NOW - timedelta(days=7), NOW, NOW)
