import threading
import time
from typing import Any

import pytest

from serving.client import Client
from serving.client.request_batches import OutgoingImage
from serving.client.shadow import MOST_IMAGES, Shadow
from serving.promotion.label_move import PromotionTarget
from serving.promotion.models_config import FILE_NAME
from serving.promotion.promote import Approval, promote
from serving.protocol.errors import ServingError, UnknownServableError
from serving.protocol.prediction import Prediction
from serving.request_log.record import LoggedImage
from serving.request_log.request_log import RequestLog
from serving.request_log.segments import list_segments
from serving.request_log.table import read_lines, to_table


def logged(folder):
    """Returns the rows of a log."""
    return [
        row
        for segment in list_segments(folder)
        for row in to_table(read_lines(segment.lines))[0].to_pylist()
    ]


def image(number=0):
    facts = LoggedImage(f"{number:064x}", "PNG", 16, 16, 51.0, 0.0, {})
    return OutgoingImage(f"image {number}", b"pixels", 256, facts=facts)


def answer(images, version=2):
    probabilities = {"dark": 0.25, "bright": 0.75}
    flags: dict[str, Any] = {"uncertain": False, "out_of_distribution": False}
    return [Prediction(one.source, version, probabilities, "bright", **flags) for one in images]


@pytest.fixture
def make_shadow(tmp_path):
    made = []

    def make(ask, pause=60.0):
        made.append(Shadow("tiny", ask, RequestLog(tmp_path / "log"), pause))
        return made[-1]

    yield make
    for shadow in made:
        shadow.close(grace=0)


# === The queue ===


def test_its_predictions_are_in_the_log_with_their_version(make_shadow, tmp_path):
    shadow = make_shadow(answer)
    shadow.offer([image(1), image(2)], version=1)
    shadow.offer([image(3)], version=1)
    shadow.close()
    rows = logged(tmp_path / "log")
    assert [int(row["image"], 16) for row in rows] == [1, 2, 3]
    assert {(row["version"], row["shadow"]) for row in rows} == {(2, True)}
    assert shadow.counts == {"asked": 3}


def test_what_comes_while_the_queue_is_full_is_dropped_and_counted(make_shadow, tmp_path, caplog):
    asked, go_on = threading.Event(), threading.Event()

    def slowly(images):
        asked.set()
        assert go_on.wait(30)
        return answer(images)

    shadow = make_shadow(slowly)
    for number in range(MOST_IMAGES + 40):
        shadow.offer([image(number)], version=1)
    assert asked.wait(30) and shadow.counts == {"dropped": 40}
    go_on.set()
    shadow.close(grace=30)
    assert shadow.counts == {"dropped": 40, "asked": MOST_IMAGES}
    assert len(logged(tmp_path / "log")) == MOST_IMAGES
    assert "no prediction for some images: dropped 40" in caplog.text


def test_after_a_failure_it_rests_whatever_was_raised(make_shadow, caplog):
    failed = threading.Event()

    def fail(images):
        failed.set()
        raise RuntimeError("the candidate is broken")

    shadow = make_shadow(fail)
    shadow.offer([image()], version=1)
    assert failed.wait(30)
    deadline = time.monotonic() + 30
    while not shadow.counts["failed"] and time.monotonic() < deadline:
        time.sleep(0.01)
    shadow.offer([image()], version=1)
    assert shadow.counts == {"failed": 1, "skipped": 1}
    assert "the candidate is broken" in caplog.text


def test_it_asks_again_after_the_pause(make_shadow):
    first = [ServingError("not yet")]

    def later(images):
        if first:
            raise first.pop()
        return answer(images)

    shadow = make_shadow(later, pause=0.0)
    shadow.offer([image()], version=1)
    shadow.offer([image()], version=1)
    shadow.close(grace=30)
    assert shadow.counts == {"failed": 1, "asked": 1}


def test_the_version_that_answered_is_no_shadow(make_shadow, tmp_path):
    shadow = make_shadow(answer)
    shadow.offer([image()], version=2)
    shadow.close()
    assert shadow.counts == {"same": 1} and logged(tmp_path / "log") == []


def test_a_hanging_shadow_is_left_behind(make_shadow, caplog):
    go_on = threading.Event()
    shadow = make_shadow(lambda images: answer(images) if go_on.wait(30) else [])
    shadow.offer([image()], version=1)
    shadow.close(grace=0.01)
    shadow.offer([image()], version=1)  # is ignored
    go_on.set()
    assert "not asked in time 1" in caplog.text


# === Behind a client ===


@pytest.fixture
def labelled(base, push, start):
    """Serves tiny/1 as stable and tiny/2 as shadow."""
    push(base, 2)
    place = PromotionTarget(base, base / FILE_NAME)
    promote(place, "tiny", 1, "stable", Approval("anna"))
    promote(place, "tiny", 2, "shadow", Approval("anna"))
    return start(base, models_config=place.config, poll_seconds=0.05)


def test_a_caller_gets_the_stable_version_alone(labelled, dark, bright, tmp_path):
    log = tmp_path / "log"
    with Client(labelled.address, "tiny", log=log, shadow="shadow") as client:
        found = client.predict([dark, b"junk", bright], label="stable")
    assert [one.version for one in found] == [1, None, 1]
    rows = logged(log)
    assert sorted((row["version"], bool(row["shadow"])) for row in rows) == [
        (1, False), (1, False), (2, True), (2, True),
    ]  # fmt: skip
    assert all(row["embedding"] for row in rows)
    by_version = [{row["image"] for row in rows if row["version"] == v} for v in (1, 2)]
    assert by_version[0] == by_version[1]


def test_a_label_that_is_not_there_costs_nothing(server, dark, tmp_path, caplog):
    with Client(server.address, "tiny", log=tmp_path / "log", shadow="shadow") as client:
        (found,) = client.predict([dark])
        with pytest.raises(UnknownServableError):
            client.predict([dark], label="shadow")
    assert found.ok and len(logged(tmp_path / "log")) == 1
    assert "The shadow gave no prediction for 1 images" in caplog.text


def test_a_shadow_needs_a_log(server):
    with pytest.raises(ServingError, match="Name the log"):
        Client(server.address, "tiny", shadow="shadow")
