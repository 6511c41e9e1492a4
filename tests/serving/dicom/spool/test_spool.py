import time

import pytest

from serving.dicom.accept.acceptance import Refusal
from serving.dicom.accept.arrival import Arrival
from serving.dicom.errors import DicomNodeError, SpoolFullError
from serving.dicom.spool import spool as module
from serving.dicom.spool.questions import Questions
from serving.dicom.spool.rounds import Rounds
from serving.dicom.spool.spool import Spool


def arrive(spool, number, study="1.2", refusal=None):
    file = spool.incoming / "new"
    file.write_bytes(b"object")
    arrival = Arrival("1.3", f"1.4.{number}", study, "A1", "DX", refusal)
    return spool.add(file, arrival)


def states(spool):
    return [row[0] for row in spool.rows("SELECT state FROM objects ORDER BY sop_uid")]


def test_an_object_is_taken_once(spool):
    assert arrive(spool, 1) and not arrive(spool, 1)
    assert states(spool) == ["waiting"] and not list(spool.incoming.iterdir())
    assert [one.file.read_bytes() for one in Questions(spool).claim(9)] == [b"object"]


def test_what_a_report_may_speak_of_is_kept(spool):
    arrive(spool, 1, refusal=Refusal("a localizer"))
    arrive(spool, 2, refusal=Refusal("our own report", is_image=False))
    assert states(spool) == ["refused", "ignored"]
    ((file,), (none,)) = spool.rows("SELECT file FROM objects ORDER BY sop_uid")
    assert (spool.objects / file).exists() and none is None


def test_a_result_that_comes_back_begins_no_round(spool):
    arrive(spool, 1, refusal=Refusal("our own report", is_image=False))
    assert spool.rows("SELECT * FROM rounds") == []


def test_another_process_goes_on_and_removes_what_no_sender_was_told_of(tmp_path):
    before = Spool(tmp_path)
    arrive(before, 1)
    (before.incoming / "half").write_bytes(b"obj")
    (before.objects / "no row").write_bytes(b"object")
    before.close()
    after = Spool(tmp_path)
    assert [one.sop_uid for one in Questions(after).claim(9)] == ["1.4.1"]
    assert not list(after.incoming.iterdir()) and len(list(after.objects.iterdir())) == 1
    after.close()


def test_one_node_a_spool(spool):
    with pytest.raises(DicomNodeError, match="Stop the other node"):
        Spool(spool.folder)


def test_a_full_disk(spool, monkeypatch):
    spool.check_space()
    monkeypatch.setattr(module, "MIN_FREE_BYTES", 2**62)
    with pytest.raises(SpoolFullError, match="bytes are free"):
        spool.check_space()


def test_what_was_done_long_ago_is_forgotten_and_dead_letters_are_not(spool):
    rounds, now = Rounds(spool), time.time()
    for number, study in enumerate(("1.2.1", "1.2.2", "1.2.3")):
        arrive(spool, number, study)
    for question in Questions(spool).claim(9):
        Questions(spool).give_up(question, "unreadable")
    done, dead, _ = rounds.complete(0, now + 1)
    rounds.end(done)
    rounds.put_off(dead, "the PACS refused it", attempts=1)
    spool.forget_old(now + module.KEEP_SECONDS - 60)
    assert len(states(spool)) == 3
    spool.forget_old(now + module.KEEP_SECONDS + 60)
    assert len(states(spool)) == 2 and len(list(spool.objects.iterdir())) == 2
    assert spool.retry_dead() == 1
    assert [one.study_uid for one in rounds.complete(0, now + 1)] == ["1.2.2", "1.2.3"]
