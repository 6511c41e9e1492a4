"""The page of the last studies, of a spool with each state."""

import re
import time

import pytest

from serving.dicom.accept.acceptance import Refusal
from serving.dicom.accept.arrival import Arrival
from serving.dicom.page import page
from serving.dicom.spool.questions import Questions
from serving.dicom.spool.rounds import Rounds
from serving.dicom.spool.spool import Spool
from serving.protocol.prediction import Prediction
from tests.serving.dicom.radiographs import radiograph


@pytest.fixture
def spool(tmp_path):
    """Studies that are done, dead, sent, received, refused and received again."""
    opened = Spool(tmp_path / "spool")
    rounds, questions = Rounds(opened), Questions(opened)
    said = [
        Prediction("x", 1, {"dark": 0.9, "bright": 0.1}, "dark", False, False),
        Prediction("x", 1, {"dark": 0.5, "bright": 0.5}, "dark", True, False),
        Prediction("x", 1, {"dark": 0.9, "bright": 0.1}, "dark", True, True),
        Prediction("x", error="the file is truncated"),
    ]

    def study(name, *answers, refusal=None):
        for number, answer in enumerate(answers):
            file = opened.incoming / "new"
            file.write_bytes(b"object")
            arrival = Arrival("1.3", f"1.4.{name}.{number}", f"1.2.{name}", name, "DX", refusal)
            opened.add(file, arrival)
            if answer:
                questions.settle([(questions.claim(1)[0], answer)])
        return next(iter(rounds.complete(0, time.time() + 1)), None)

    rounds.end(study("D1", *said))
    rounds.put_off(study("X<b>", said[0]), "the PACS refused it with status 0xA900", attempts=1)
    rounds.keep_results(study("S1", said[0], said[0]), [radiograph("report")])
    rounds.end(study("R1", None, refusal=Refusal("its Modality is CT, not CR or DX")))
    study("W1", None, None)
    yield opened
    opened.close()


def test_every_state_has_its_words(spool):
    text = re.sub(r"\s+", " ", page(spool, "tiny", "ORTHANC at pacs:104"))
    for words in (
        "results go to ORTHANC at pacs:104", "<strong>2</strong> images wait for the model",
        "<strong>2</strong> studies done", "<strong>1</strong> dead letters", "result waits",
        "being received", "3 of 4", "dark × 2", "uncertain", "unlike the training",
        "the file is truncated", "its Modality is CT, not CR or DX", "status 0xA900",
        "Not a medical device",
    ):  # fmt: skip
        assert words in text
    assert "X&lt;b&gt;" in text and "<b>" not in text
    assert text.index("dead letter</span>") < text.index("being received</span>")


def test_an_empty_spool(tmp_path):
    opened = Spool(tmp_path / "empty")
    assert "No study has come yet." in page(opened, "tiny", "the PACS")
    opened.close()
