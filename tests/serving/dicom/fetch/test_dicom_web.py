"""Answers that are none. What is fetched from a real PACS: see `test_fetch`."""

import http.server
import threading

import pytest

from serving.dicom.fetch.archive import ArchiveError, Instance
from serving.dicom.fetch.dicom_web import DicomWebArchive
from tests.doubles.databases import free_port
from tests.serving.dicom.fetch.conftest import EVERYTHING

ACCESSION = "A-SECRET"


@pytest.fixture
def service():
    """A web server that gives one answer to all; returns the archive and the headers it gets."""
    servers = []

    def start(status, body=b"", token=None):
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(dict(self.headers))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Type", "application/dicom+json")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return DicomWebArchive(f"http://127.0.0.1:{server.server_port}", token, None, 5), seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b"", "HTTP status 401"),
        (500, b"<html>", "HTTP status 500"),
        (200, b"<html>", "something else than DICOMweb"),
    ],
)
def test_an_answer_that_is_none_is_said_without_the_accession_number(service, status, body, words):
    archive, _ = service(status, body)
    with pytest.raises(ArchiveError, match=words) as raised:
        archive.find(ACCESSION, EVERYTHING)
    assert ACCESSION not in str(raised.value)


def test_a_dead_address_is_said():
    archive = DicomWebArchive(f"http://127.0.0.1:{free_port()}", None, None, 5)
    with pytest.raises(ArchiveError, match="nothing answers") as raised:
        archive.find(ACCESSION, EVERYTHING)
    assert ACCESSION not in str(raised.value)


def test_an_image_that_is_gone_is_passed_over(service):
    archive, _ = service(404)
    got = []
    archive.retrieve([Instance("1", "1.1", "1.1.1", "")], got.append)
    assert got == []


def test_the_token_is_shown(service):
    archive, seen = service(200, b"[]", token="secret-token")
    assert archive.find("A-1", EVERYTHING) == []
    assert {one["Authorization"] for one in seen} == {"Bearer secret-token"}
