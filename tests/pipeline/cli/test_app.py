import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from components.runtime.errors import MedtfxError
from pipeline.cli.app import PageAddress
from pipeline.sample_data import CLASSES
from serving.protocol.addresses import is_loopback
from tests.command_line import assert_one_message, medtfx

LONG_ENOUGH = "0123456789abcdef"


@pytest.fixture
def start():
    """Starts `medtfx app` in a process to be ended; returns it and the page's address."""
    running = []

    def begin(*arguments):
        command = [sys.executable, "-c", "from pipeline.cli.main import main; main()", "app"]
        process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(process)
        printed = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", printed)
        assert found, printed + process.stderr.read()
        return process, found.group()

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def fetch(address):
    with urllib.request.urlopen(address, timeout=30) as answer:
        return answer.read().decode()


@pytest.mark.parametrize(
    ("host", "token", "no_token", "words"),
    [
        ("127.0.0.1", None, False, None),
        ("0.0.0.0", LONG_ENOUGH, False, None),
        ("0.0.0.0", None, True, None),
        ("0.0.0.0", None, False, "needs a token"),
        ("::", None, False, "needs a token"),
        ("hospital.example", None, False, "needs a token"),
        ("127.0.0.1", "short", False, "at least 16 characters"),
        ("0.0.0.0", "", False, "at least 16 characters"),
    ],
)
def test_others_only_reach_a_page_that_asks_for_a_token(host, token, no_token, words):
    page = PageAddress(host=host, token=token, no_token=no_token)
    if words is None:
        page.check()
        return
    with pytest.raises(MedtfxError, match=words):
        page.check()


@pytest.mark.parametrize(
    ("page", "names"),
    [
        (PageAddress(), ("127.0.0.1", "localhost", "[::1]", "127.0.0.1")),
        (PageAddress(host="::1"), ("127.0.0.1", "localhost", "[::1]", "[::1]")),
        (PageAddress(token=LONG_ENOUGH), ("*",)),
        (PageAddress(host="0.0.0.0", no_token=True), ("*",)),
    ],
)
def test_a_page_without_a_token_has_fixed_names(page, names):
    assert page.names() == names


def test_the_token_is_not_shown():
    assert LONG_ENOUGH not in repr(PageAddress(token=LONG_ENOUGH))


@pytest.mark.parametrize(
    ("host", "ours"),
    [("localhost", True), ("127.0.0.9", True), ("::1", True), ("[::1]", True), ("10.0.0.1", False)],
)
def test_what_counts_as_this_machine(host, ours):
    assert is_loopback(host) is ours


def test_the_page_of_a_running_server(start, tmp_path):
    process, address = start(
        *("--server", "127.0.0.1:1", "--model", "m", "--port", 0),
        *("--home", tmp_path, "--lang", "es", "--log", tmp_path / "requests"),
    )
    text = fetch(address)
    assert "El servidor de modelos no responde" in text and "Pruebe con" not in text
    assert (tmp_path / "audit" / "app.jsonl").read_text() == ""
    assert (tmp_path / "requests").is_dir()  # the request log is ready
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert process.stderr.read() == ""


def test_alone_it_starts_a_server_and_offers_samples(start, tmp_path):
    assets = tmp_path / "models" / "quickstart" / "1" / "assets"
    assets.mkdir(parents=True)
    (assets / "labels.txt").write_text("\n".join(CLASSES))
    process, address = start("--port", 0, "--home", tmp_path)
    text = fetch(address)
    assert "The model is loading" in text
    numbers = re.findall(r'src="(/samples/\d+/thumbnail)"', text)
    assert len(numbers) == 2 * len(CLASSES)
    for number in numbers:
        with urllib.request.urlopen(address + number, timeout=30) as answer:
            assert answer.read(4) == b"RIFF"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "`medtfx run`"),
        (("--server", "127.0.0.1:1"), "--server and --model"),
        (("--server", "nonsense", "--model", "m"), "host:port"),
        (("--lang", "fr"), "en or es"),
        (("--key", "a.pem"), "Received: no certificate, a.pem."),
        (("--key", "a.pem", "--certificate", "b.pem"), "(no such file or directory)"),
        (("--host", "203.0.113.1", "--no-token", "--model", "m"), "Can't listen on port 0"),
        (("--server", "127.0.0.1:1", "--model", "m", "--samples", "/none"), "no folder /none"),
    ],
)
def test_a_mistake_gets_one_message(arguments, words, tmp_path):
    assert_one_message(medtfx("app", "--port", 0, "--home", tmp_path, *arguments), words)
