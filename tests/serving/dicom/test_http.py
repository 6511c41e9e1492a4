"""The HTTP port on loopback: STOW-RS by dicomweb-client, metrics by Prometheus's own parser."""

import json
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any

import pytest
from dicomweb_client import DICOMwebClient
from prometheus_client.parser import text_string_to_metric_families

from components.recipe.dicom import Accept
from serving.dicom.http import HttpSettings, Shown, open_port
from serving.dicom.metrics import NodeMetrics
from serving.dicom.receive.intake import Intake
from serving.dicom.receive.stow import StowService
from serving.dicom.spool.spool import Spool
from tests.serving.dicom.radiographs import radiograph, uid

TOKEN = "unguessable-token"


@pytest.fixture
def port(tmp_path):
    """Starts a port; its `.spool` is that of the node, its `.failing` what does not work."""
    running = []

    def begin(**settings):
        spool, metrics = Spool(tmp_path / "spool"), NodeMetrics()
        failing = []
        stow = StowService(Intake(spool, Accept(), metrics), spool.incoming, 10**6, 30)
        shown = Shown(spool, metrics, "tiny", "the PACS", lambda: failing)
        found: Any = open_port(HttpSettings("127.0.0.1", 0, **settings), shown, stow)
        found.spool, found.failing = spool, failing
        found.start()
        running.append(found)
        return found

    yield begin
    for one in running:
        one.stop()
        one.spool.close()


def ask(port, path, body=None, **headers):
    """Returns status, content type and text."""
    request = urllib.request.Request(f"http://127.0.0.1:{port.port}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, response.headers["content-type"], response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["content-type"], error.read().decode()


def test_objects_are_stored_and_then_on_the_disk(port):
    running = port()
    client = DICOMwebClient(f"http://127.0.0.1:{running.port}")
    images = [radiograph("a", number) for number in (1, 2)]
    response = client.store_instances(images)
    stored = [one.ReferencedSOPInstanceUID for one in response.ReferencedSOPSequence]
    assert stored == [one.SOPInstanceUID for one in images]
    assert len(list(running.spool.objects.iterdir())) == 2
    assert not list(running.spool.incoming.iterdir())
    client.store_instances([radiograph("a", 3)], study_instance_uid=uid("a"))
    assert running.spool.rows("SELECT count(*) FROM objects") == [(3,)]


def test_objects_that_cannot_be_taken(port):
    running = port()
    related = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=x'}
    part = b"--x\r\nContent-Type: application/dicom\r\n\r\nno object\r\n--x--"
    status, kind, text = ask(running, "/studies", part, **related)
    assert (status, kind) == (409, "application/dicom+json")
    assert json.loads(text)["00081198"]["Value"][0]["00081197"]["Value"] == [0xC000]
    for body, headers, refusal in (
        (part[:-2], related, 400),
        (b"junk", related, 400),
        (part, {"Content-Type": "application/dicom"}, 415),
    ):
        assert ask(running, "/studies", body, **headers)[0] == refusal
    assert not list(running.spool.incoming.iterdir())


def test_a_token(port):
    running = port(token=TOKEN)
    assert ask(running, "/healthz")[0] == 200
    for path in ("/", "/metrics", "/studies.css"):
        assert ask(running, path)[0] == 401
        for wrong in ("Bearer wrong", "Basic ???", f"Digest {TOKEN}", "Bearer"):
            assert ask(running, path, Authorization=wrong)[0] == 401
        assert ask(running, path, Authorization=f"Bearer {TOKEN}")[0] == 200
        basic = b64encode(f"me:{TOKEN}".encode()).decode()
        assert ask(running, path, Authorization=f"Basic {basic}")[0] == 200
    assert ask(running, "/studies", b"x")[0] == 401


def test_a_foreign_name_reaches_nothing(port):
    running = port(hosts=("127.0.0.1",))
    assert ask(running, "/")[0] == 200
    assert ask(running, "/", Host="evil.example")[0] == 400


def test_health(port):
    running = port()
    assert ask(running, "/healthz")[::2] == (200, '{"failing": []}')
    running.failing.append("send")
    assert ask(running, "/healthz")[::2] == (503, '{"failing": ["send"]}')


def test_metrics_are_prometheus_s(port):
    running = port()
    DICOMwebClient(f"http://127.0.0.1:{running.port}").store_instances([radiograph("a")])
    status, _, text = ask(running, "/metrics")
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert status == 200
    assert found["medtfx_dicom_received_total", "STOW-RS", "new"] == 1
    assert found["medtfx_dicom_queue", "images"] == 1
    assert 0 <= found["medtfx_dicom_oldest_seconds", "images"] < 60
    assert found["medtfx_dicom_dead_letters",] == 0
