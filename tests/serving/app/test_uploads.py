import os
import socket
import sys

import numpy as np
import pytest

from serving.app.settings import Limits

_written: list[str] = []
_watching = False


def _watch(event, arguments):
    if not _watching or event != "open":
        return
    path, _, flags = arguments
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        _written.append(str(path))


sys.addaudithook(_watch)


@pytest.fixture
def files_written():
    """Paths that this process opens for writing."""
    global _watching
    _written.clear()
    _watching = True
    yield _written
    _watching = False


def test_pixels_never_touch_the_disk(page, ask, log_file, files_written):
    noise = np.random.default_rng(0).integers(0, 256, 3_000_000, np.uint8).tobytes()
    assert "not an image" in ask(page, ("a.png", noise)).text
    assert set(files_written) == {str(log_file)}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\patients\\a.png", "a.png"),
        ("../../a.png", "a.png"),
        ("<b>a.png", "&lt;b&gt;a.png"),
        ("ä\u202ea.png", "äa.png"),
        ("a" * 500, "a" * 120 + "…"),
    ],
)
def test_a_name_is_only_shown(page, ask, bright, name, shown):
    text = ask(page, (name, bright)).text.replace("<wbr>", "")  # where it may break
    assert f">{shown}</h3>" in text


def test_only_the_image_that_is_too_large_fails(make_page, ask, bright, log_lines):
    page = make_page(limits=Limits(file_bytes=1000, request_bytes=10_000))
    text = ask(page, ("large.png", b"x" * 1001), ("good.png", bright)).text
    assert "1 image with a prediction. 1 image without a prediction." in text
    assert "The file is too large" in text
    assert [line["error"] for line in log_lines()] == ["too_many_bytes", None]
    assert log_lines()[0]["sha256"] is None


@pytest.mark.parametrize(
    ("limits", "count", "size", "status", "says"),
    [
        ({"request_bytes": 5000}, 2, 3000, 413, "Together the files are too large"),
        ({"request_bytes": 5000}, 2, 30_000, 413, "Together the files are too large"),
        ({"files": 2}, 3, 10, 413, "Too many files: at most 2"),
        ({"uploads": 0}, 1, 3000, 503, "Too many uploads arrive"),
        ({}, 0, 0, 400, "No image arrived"),
    ],
)
def test_an_upload_beyond_the_limits_is_refused(make_page, ask, limits, count, size, status, says):
    page = make_page(limits=Limits(**limits))
    files = [("a.png", b"x" * size)] * count or [("", b"")]
    answer = ask(page, *files)
    assert (answer.status_code, says in answer.text) == (status, True)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="i'),
        ("multipart/form-data; boundary=b", b"nothing of the kind"),
        ("multipart/form-data", b"--b--"),
        ("application/json", b"{}"),
    ],
)
def test_garbled_uploads_are_refused(page, kind, body):
    answer = page.post("/predictions", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert "was interrupted or damaged" in answer.text


def test_an_upload_that_never_ends_is_given_up(live):
    address = live(limits=Limits(seconds=0.5)).removeprefix("http://")
    host, _, port = address.partition(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            f"POST /predictions HTTP/1.1\r\nHost: {address}\r\nContent-Length: 100\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nHX-Request: true\r\n\r\n--b".encode()
        )
        answer = b"".join(iter(lambda: line.recv(65536), b""))  # until the server hangs up
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"took more than 0.5 seconds" in answer
