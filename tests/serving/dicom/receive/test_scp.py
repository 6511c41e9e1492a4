"""The SCP alone: what it takes, refuses and survives. Its other end is pynetdicom, or bytes."""

import contextlib
import gc
import os
import random
import socket
import ssl
import struct
import tempfile
import threading
from typing import Any

import pytest
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian
from pynetdicom import AE, _config
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from components.recipe.dicom import Accept
from serving.dicom.metrics import NodeMetrics
from serving.dicom.receive.association import Limits
from serving.dicom.receive.intake import Intake
from serving.dicom.receive.scp import ScpSettings, StoreScp
from serving.dicom.spool import spool as spool_module
from serving.dicom.spool.spool import Spool
from tests.serving.dicom.radiographs import DX, radiograph

NODE, PACS = "MEDTFX", "PACS"
ROUNDS = 100 * int(os.environ.get("MEDTFX_FUZZ", "1"))


@pytest.fixture
def scp(tmp_path):
    """Starts an SCP that is stopped with the test; returns it."""
    with contextlib.ExitStack() as stack:

        def begin(**settings):
            spool = Spool(tmp_path / "spool")
            stack.callback(spool.close)
            intake = Intake(spool, Accept(), NodeMetrics())
            values: Any = {"ae_title": NODE, "host": "127.0.0.1", "port": 0, "callers": [PACS]}
            chosen = ScpSettings(**values | settings)
            running: Any = StoreScp(chosen, intake, spool.incoming)
            running.intake = intake
            running.start()
            stack.callback(running.stop, 5)
            return running

        yield begin


def associate(scp, caller=PACS, called=NODE, sop_classes=(DX,), **options):
    entity = AE(caller)
    for sop_class in (*sop_classes, Verification):
        entity.add_requested_context(sop_class, ExplicitVRLittleEndian)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 10
    return entity.associate("127.0.0.1", scp.port, ae_title=called, **options)


def taken(scp):
    return [uid for (uid,) in scp.intake.spool.rows("SELECT sop_uid FROM objects")]


def failures(scp):
    return "\n".join(scp.intake.metrics.failures.lines())


def store(scp, *images, **options):
    association = associate(scp, **options)
    assert association.is_established
    statuses = [association.send_c_store(image).get("Status") for image in images]
    if association.is_established:
        association.release()
    return statuses


def test_success_is_said_of_what_is_on_the_disk(scp):
    running = scp()
    images = [radiograph("a", number) for number in (1, 2)]
    assert store(running, *images) == [0, 0]
    assert sorted(taken(running)) == sorted(str(one.SOPInstanceUID) for one in images)
    assert len(list(running.intake.spool.objects.iterdir())) == 2
    assert not list(running.intake.spool.incoming.iterdir())


@pytest.mark.parametrize("titles", [{"called": "OTHER"}, {"caller": "STRANGER"}])
def test_other_ae_titles_are_refused_and_logged(scp, caplog, titles):
    running = scp()
    association = associate(running, **titles)
    assert association.is_rejected
    assert "association rejected" in failures(running) and "refused from" in caplog.text


def test_a_foreign_sop_class_is_refused_and_logged(scp, caplog):
    running = scp()
    association = associate(running, sop_classes=[EncapsulatedPDFStorage])
    assert [one.abstract_syntax for one in association.accepted_contexts] == [Verification]
    assert association.send_c_echo().Status == 0
    association.release()
    assert "Encapsulated PDF Storage: no such objects are taken" in caplog.text
    assert "foreign SOP class" in failures(running)


def test_a_pacs_that_also_proposes_other_objects_fails_in_nothing(scp, caplog):
    caplog.set_level("INFO")
    running = scp()
    for _ in range(2):
        association = associate(running, sop_classes=[EncapsulatedPDFStorage, DX])
        assert association.is_established
        association.release()
    assert caplog.text.count("Encapsulated PDF Storage: no such objects are taken") == 1
    assert "foreign SOP class" not in failures(running)


def test_objects_without_usable_identifiers_are_refused(scp, caplog):
    running = scp()
    assert store(running, radiograph("a", StudyInstanceUID=None)) == [0xC000]
    assert taken(running) == [] and "StudyInstanceUID is a UID" in caplog.text
    assert not list(running.intake.spool.incoming.iterdir())


def test_a_full_disk_is_a_status_that_senders_repeat(scp, monkeypatch):
    running = scp()
    monkeypatch.setattr(spool_module, "MIN_FREE_BYTES", 2**62)
    assert store(running, radiograph("a")) == [0xA700]
    assert taken(running) == []


def test_too_large_an_object_ends_the_association(scp, caplog, tools):
    running = scp(limits=Limits(object_bytes=100_000))
    assert store(running, radiograph("a", side=400)) == [None]
    assert taken(running) == [] and "an object of more than 100000 bytes" in caplog.text
    assert store(running, radiograph("b")) == [0]


def test_too_many_associations(scp):
    running = scp(limits=Limits(associations=1))
    first = associate(running)
    second = associate(running)
    assert first.is_established and second.is_rejected
    first.release()


def test_over_tls_with_a_certificate_of_the_caller(scp, authority):
    pair = authority.issue("127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.roots)
    context.load_cert_chain(pair.certificate, pair.key)
    context.verify_mode = ssl.CERT_REQUIRED
    running = scp(context=context, limits=Limits(seconds=2))
    silent = socket.create_connection(("127.0.0.1", running.port))  # holds nobody up
    client = ssl.create_default_context(cafile=authority.roots)
    client.load_cert_chain(pair.certificate, pair.key)
    assert store(running, radiograph("a"), tls_args=(client, "127.0.0.1")) == [0]
    stranger = ssl.create_default_context(cafile=authority.roots)
    assert not associate(running, tls_args=(stranger, "127.0.0.1")).is_established
    assert not associate(running).is_established
    silent.close()


def test_the_process_is_as_it_was_afterwards(scp):
    running = scp()
    assert tempfile.gettempdir() == str(running.intake.spool.incoming)
    running.stop(1)
    assert tempfile.gettempdir() != str(running.intake.spool.incoming)
    assert not _config.STORE_RECV_CHUNKED_DATASET


# === Bytes that are no association ===


def request():
    """The bytes of a right association request, and of the first part of an object."""
    recorded = []
    listener = socket.create_server(("127.0.0.1", 0))
    entity = AE(PACS)
    entity.add_requested_context(DX, ExplicitVRLittleEndian)
    entity.acse_timeout = 0.1
    association = entity.associate("127.0.0.1", listener.getsockname()[1], ae_title=NODE)
    connection, _ = listener.accept()
    recorded.append(connection.recv(65536))
    connection.close()
    listener.close()
    assert not association.is_established
    return recorded[0]


def send(scp, *parts):
    """Sends bytes and returns what comes back before the connection ends."""
    with socket.create_connection(("127.0.0.1", scp.port), 10) as connection:
        back = b""
        with contextlib.suppress(OSError):
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                back += piece
        return back


def test_a_truncated_pdu_is_refused_and_logged(scp, caplog, tools):
    running = scp(limits=Limits(seconds=2))
    right = request()
    send(running, right[: len(right) // 2])
    tools.eventually(lambda: "shorter than expected" in caplog.text)
    assert store(running, radiograph("a")) == [0]


def test_a_pdu_of_four_gigabytes_is_not_waited_for(scp, caplog, tools):
    running = scp(limits=Limits(seconds=2))
    send(running, struct.pack(">BBL", 1, 0, 2**32 - 1))
    tools.eventually(lambda: "Connection closed before the entire PDU" in caplog.text)
    assert store(running, radiograph("a")) == [0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Invalid value for VR")
def test_fuzzed_associations(scp, tools):
    running = scp(limits=Limits(seconds=2, idle_seconds=2, associations=200))
    right, chance = request(), random.Random(20)
    opened, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(ROUNDS):
        send(running, *fuzzed(right, chance))
    assert running.is_alive and taken(running) == []
    assert store(running, radiograph("after")) == [0]
    # Whatever they were sent, associations end, and leave nothing open.
    tools.eventually(lambda: threading.active_count() <= threads, 60)
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= opened + 2


def fuzzed(right, chance):
    """An association request, and what may follow it, with some of its bytes changed."""
    message = bytearray(right)
    for _ in range(chance.choice([0, 1, 2, 8, 32])):
        message[chance.randrange(len(message))] = chance.randrange(256)
    if chance.random() < 0.3:
        del message[chance.randrange(len(message)) :]
    if chance.random() < 0.2:
        at = chance.randrange(len(message) + 1)
        message[at:at] = chance.randbytes(chance.randrange(1, 64))
    after = b"".join(pdu(chance) for _ in range(chance.randrange(4)))
    return bytes(message), after


def pdu(chance):
    """A PDU of any type, with a body of any bytes; mostly P-DATA."""
    body = chance.randbytes(chance.randrange(200))
    if chance.random() < 0.7:  # a message that says that it is one of a context
        value = bytes([1, chance.choice([0, 1, 2, 3])]) + body
        body = struct.pack(">L", len(value)) + value
    kind = chance.choice([1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 0xFF])
    length = len(body) if chance.random() < 0.8 else chance.randrange(2**20)
    return struct.pack(">BBL", kind, 0, length) + body
