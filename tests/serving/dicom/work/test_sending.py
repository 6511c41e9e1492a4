"""The order of sending and its failures. The sender is a double: it says what a test wants."""

import shutil
import time

import pytest

from serving.dicom.accept.acceptance import Refusal
from serving.dicom.accept.arrival import Arrival
from serving.dicom.errors import PacsAwayError
from serving.dicom.metrics import NodeMetrics
from serving.dicom.spool.rounds import Rounds
from serving.dicom.work.destination import Outcome
from serving.dicom.work.sending import ABORTS, REFUSALS, Dispatcher
from tests.serving.dicom.radiographs import radiograph


class Script:
    """Answers as told by the study of an object, and notes what it was sent."""

    def __init__(self):
        self.says, self.sent = {}, []

    def send(self, files):
        for file in files:
            study = file.read_bytes().split(b"Test^")[1][:3].decode()
            answer = self.says.get(study)
            if isinstance(answer, PacsAwayError):
                raise answer
            if answer is None:
                self.sent.append(study)
            yield Outcome(file, answer)


@pytest.fixture
def dispatcher(spool):
    """With a result of each of two studies to send."""
    rounds = Rounds(spool)
    for number, study in enumerate(("one", "two")):
        file = spool.incoming / "new"
        file.write_bytes(b"object")
        refusal = Refusal("does not fit")
        spool.add(file, Arrival("1.3", f"1.4.{number}", f"1.2.{number}", "", "DX", refusal))
        (found,) = rounds.complete(0, time.time() + 1)
        rounds.keep_results(found, [radiograph(study)])
    return Dispatcher(rounds, Script(), NodeMetrics())


def states(spool):
    return [state for (state,) in spool.rows("SELECT state FROM rounds ORDER BY id")]


def hurry(spool):
    with spool.transaction() as database:
        database.execute("UPDATE rounds SET next_try = 0")


def test_all_is_sent_once(spool, dispatcher):
    assert dispatcher.step() == 0 and dispatcher.step() > 0
    assert dispatcher.sender.sent == ["one", "two"] and states(spool) == ["done", "done"]


def test_a_pacs_that_is_away_is_waited_for_however_long_it_takes(spool, dispatcher):
    dispatcher.sender.says["one"] = PacsAwayError("nobody listens")
    assert [dispatcher.step() for _ in range(3)] == [1, 2, 4]
    assert states(spool) == ["sending", "sending"]
    dispatcher.sender.says.clear()
    assert dispatcher.step() == 0 and states(spool) == ["done", "done"]


def test_what_is_refused_again_and_again_is_a_dead_letter_until_somebody_asks(spool, dispatcher):
    dispatcher.sender.says["one"] = "the PACS refused it with status 0xC000"
    for _ in range(REFUSALS):
        dispatcher.step()
        hurry(spool)
    assert states(spool) == ["dead", "done"] and dispatcher.step() > 0
    ((reason,),) = spool.rows("SELECT reason FROM rounds WHERE state = 'dead'")
    assert reason == "the PACS refused it with status 0xC000"
    dispatcher.sender.says.clear()
    assert spool.retry_dead() == 1
    dispatcher.step()
    assert states(spool) == ["done", "done"] and dispatcher.sender.sent == ["two", "one"]


def test_all_that_a_pacs_refuses_of_a_study_at_once_is_one_attempt(spool, dispatcher):
    (first, _) = dispatcher.rounds.to_send(9, time.time() + 1)
    shutil.copy(first.file, spool.results / "second.dcm")
    with spool.transaction() as database:
        row = (first.round.id, "1.5", "second.dcm")
        database.execute("INSERT INTO results (round, sop_uid, file) VALUES (?, ?, ?)", row)
    dispatcher.sender.says["one"] = "the PACS refused it with status 0xC000"
    dispatcher.step()
    assert spool.rows("SELECT attempts FROM rounds ORDER BY id") == [(1,), (0,)]


def test_an_object_that_ends_the_association_holds_up_no_other(spool, dispatcher):
    dispatcher.sender.says["one"] = PacsAwayError("the association ended", about_one=True)
    assert dispatcher.step() == 1
    assert dispatcher.step() == 0
    assert states(spool) == ["sending", "done"]
    for _ in range(ABORTS - 1):
        hurry(spool)
        dispatcher.step()
    assert states(spool) == ["dead", "done"]
