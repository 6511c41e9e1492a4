"""Sending, to an SCP of pynetdicom that says what a test wants, and to Orthanc's STOW-RS."""

import contextlib

import pytest
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, evt

from components.recipe.dicom import Destination
from serving.dicom.errors import PacsAwayError
from serving.dicom.work.destination import StoreSender, StowSender
from tests.doubles.databases import free_port
from tests.serving.dicom.radiographs import CR, DX, uid, write_radiograph


@pytest.fixture
def peer():
    """Starts an SCP for DX that answers with a status, or aborts; returns a sender to it."""
    with contextlib.ExitStack() as stack:

        def begin(status, called="PACS"):
            def store(event):
                if status is None:
                    event.assoc.abort()
                return status or 0

            entity = AE("PACS")
            entity.require_called_aet = True
            entity.add_supported_context(DX, ExplicitVRLittleEndian)
            server = entity.start_server(
                ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, store)]
            )
            stack.callback(server.shutdown)
            port = server.server_address[1]
            return StoreSender(Destination(ae_title=called, host="127.0.0.1", port=port), "NODE")

        yield begin


@pytest.mark.parametrize("status", [0x0000, 0xB000])
def test_what_the_pacs_has_taken(peer, tmp_path, status):
    files = [write_radiograph(tmp_path, "a", number) for number in (1, 2)]
    assert [one.refusal for one in peer(status).send(files)] == [None, None]


def test_what_the_pacs_refuses(peer, tmp_path):
    (outcome,) = peer(0xA900).send([write_radiograph(tmp_path, "a")])
    assert "the PACS refused it with status 0xA900" in outcome.refusal


def test_a_sop_class_that_the_pacs_does_not_take_costs_the_others_nothing(peer, tmp_path):
    files = [
        write_radiograph(tmp_path, "a", 1, SOPClassUID=CR),
        write_radiograph(tmp_path, "a", 2),
    ]
    first, second = peer(0).send(files)
    assert "does not take this SOP class" in first.refusal and second.refusal is None


@pytest.mark.parametrize(
    ("status", "called", "kind", "about_one", "words"),
    [
        (0xA700, "PACS", "pacs away", False, "out of resources"),
        (None, "PACS", "pacs away", True, "the association ended"),
        (0, "OTHER", "pacs rejects", False, "rejects the association: .*[Cc]alled AE"),
    ],
)
def test_a_pacs_that_takes_nothing_now(peer, tmp_path, status, called, kind, about_one, words):
    with pytest.raises(PacsAwayError, match=words) as raised:
        list(peer(status, called).send([write_radiograph(tmp_path, "a")]))
    assert (raised.value.kind, raised.value.about_one) == (kind, about_one)


def test_nobody_listens(tmp_path):
    file, port = write_radiograph(tmp_path, "a"), free_port()
    to = Destination(ae_title="PACS", host="127.0.0.1", port=port)
    with pytest.raises(PacsAwayError, match="can't be reached"):
        list(StoreSender(to, "NODE").send([file]))
    with pytest.raises(PacsAwayError, match="can't be reached"):
        list(StowSender(f"http://127.0.0.1:{port}/dicom-web").send([file]))


def test_by_stow(pacs, tmp_path):
    file = write_radiograph(tmp_path, "by stow")
    (outcome,) = StowSender(pacs.dicom_web).send([file])
    assert outcome.refusal is None and len(pacs.instances_of(uid("by stow"))) == 1
    with pytest.raises(PacsAwayError, match="answers 404") as raised:
        list(StowSender(f"{pacs.url}/nowhere").send([file]))
    assert raised.value.kind == "pacs rejects"


def test_what_stow_refuses(pacs, tmp_path):
    file = write_radiograph(tmp_path, "no patient", StudyInstanceUID=None)
    (outcome,) = StowSender(pacs.dicom_web).send([file])
    assert "the PACS refused it" in outcome.refusal
