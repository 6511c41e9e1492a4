import time

import pytest

from serving.dicom.accept.acceptance import Refusal
from serving.dicom.accept.arrival import Arrival
from serving.dicom.spool.questions import Questions
from serving.dicom.spool.rounds import Rounds
from serving.dicom.spool.spool import Spool
from serving.protocol.prediction import Prediction
from tests.serving.dicom.radiographs import radiograph


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool")
    yield opened
    opened.close()


@pytest.fixture
def rounds(spool):
    return Rounds(spool)


def arrive(spool, number, refusal=None):
    file = spool.incoming / "new"
    file.write_bytes(b"object")
    spool.add(file, Arrival("1.3", f"1.4.{number}", "1.2", "A1", "DX", refusal))


def answer(spool):
    questions = Questions(spool)
    waiting = questions.claim(9)
    sure = Prediction("x", 1, {"a": 0.75, "b": 0.25}, "a", False, False)
    questions.settle([(one, sure) for one in waiting])


def later(seconds=60):
    return time.time() + seconds


def test_a_round_is_complete_when_it_is_quiet_and_every_image_is_settled(spool, rounds):
    arrive(spool, 1)
    assert rounds.complete(30, later()) == []
    answer(spool)
    assert rounds.complete(30, later(29)) == []
    assert [one.study_uid for one in rounds.complete(30, later(31))] == ["1.2"]


def test_what_comes_while_the_report_is_made_is_part_of_the_next_report(spool, rounds):
    arrive(spool, 1)
    answer(spool)
    (before,) = rounds.complete(0, later())
    arrive(spool, 2)
    assert not rounds.keep_results(before, [radiograph("report")])
    assert rounds.to_send(9, later()) == [] and not list(spool.results.iterdir())
    answer(spool)
    (after,) = rounds.complete(0, later())
    assert after.id == before.id and len(rounds.settled(after)) == 2


def test_what_comes_after_the_report_is_another_round(spool, rounds):
    arrive(spool, 1)
    answer(spool)
    (first,) = rounds.complete(0, later())
    assert rounds.keep_results(first, [radiograph("report")])
    arrive(spool, 2)
    answer(spool)
    (second,) = rounds.complete(0, later())
    assert second.id != first.id and len(rounds.settled(second)) == 1


def test_a_round_ends_when_all_of_its_results_are_sent(spool, rounds):
    arrive(spool, 1)
    answer(spool)
    (one,) = rounds.complete(0, later())
    rounds.keep_results(one, [radiograph("report", number) for number in (1, 2)])
    first, second = rounds.to_send(9, later())
    assert not rounds.mark_sent(first) and rounds.to_send(9, later()) == [second]
    assert rounds.mark_sent(second) and rounds.to_send(9, later()) == []
    assert spool.rows("SELECT state FROM rounds") == [("done",)]
    assert not [*spool.objects.iterdir(), *spool.results.iterdir()]


def test_a_study_of_which_nothing_is_answered_ends_without_a_result(spool, rounds):
    arrive(spool, 1, Refusal("its Modality is CT"))
    (one,) = rounds.complete(0, later())
    assert rounds.settled(one) == []
    rounds.keep_results(one, [])
    assert spool.rows("SELECT state FROM rounds") == [("done",)]


def test_a_round_that_is_put_off_or_dead_waits(spool, rounds):
    arrive(spool, 1)
    answer(spool)
    (one,) = rounds.complete(0, later())
    rounds.put_off(one, "the PACS refused it", attempts=2)
    assert rounds.complete(0, later(3)) == []
    (again,) = rounds.complete(0, later(5))
    assert again.attempts == 1
    rounds.put_off(again, "the PACS refused it", attempts=2)
    assert rounds.complete(0, later(9999)) == []
