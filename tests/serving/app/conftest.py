"""The page before a real embedded server on the tiny model, and a real browser before the page.

make_page   starts a page for `TestClient`; takes the fields of `Settings`
page        one with the tiny model behind it
log_lines   what the audit log holds
live        starts a page with uvicorn on a free port of loopback, for the browser
browser     headless Chromium; afterwards: no error on its console, no request to anywhere else
"""

import contextlib
import functools
import io
import json
import socket
import threading

import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient
from PIL import Image

from serving.app.application import create_app
from serving.app.settings import Settings
from tests.browser import chromium, requested, set_view

FRAGMENT = {"HX-Request": "true"}  # what htmx says: give me the answers alone


@pytest.fixture
def log_file(tmp_path):
    return tmp_path / "audit" / "app.jsonl"


@pytest.fixture
def log_lines(log_file):
    return lambda: [json.loads(line) for line in log_file.read_text().splitlines()]


@pytest.fixture
def make_settings(server, log_file):
    def make(**changes):
        usual = {"model": "tiny", "address": lambda: server.address, "audit_log": log_file}
        return Settings(**usual | {"refusal_pause": 0.0} | changes)

    return make


@pytest.fixture
def make_page(make_settings):
    with contextlib.ExitStack() as stack:

        def make(headers=FRAGMENT, raise_server_exceptions=True, **changes):
            client = TestClient(
                create_app(make_settings(**changes)), "http://127.0.0.1", headers=headers,
                follow_redirects=False, raise_server_exceptions=raise_server_exceptions,
            )  # fmt: skip
            return stack.enter_context(client)

        yield make


@pytest.fixture
def page(make_page):
    return make_page()


@pytest.fixture
def ask():
    """Uploads (name, bytes) pairs."""

    def post(page, *files, **options):
        return page.post("/predictions", files=[("images", file) for file in files], **options)

    return post


@pytest.fixture
def deep_png():
    """A PNG of 16 bits, which the reader converts."""
    buffer = io.BytesIO()
    values = np.linspace(0, 65535, 32 * 24).astype(np.uint16).reshape(24, 32)
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


# === A real browser ===


@pytest.fixture
def live(make_settings):
    """Starts pages that stop with the test; returns the address."""
    running = []

    def start(**changes):
        listener = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(make_settings(**changes)), log_level="warning")
        served = uvicorn.Server(config)
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]})
        thread.start()
        running.append((served, thread, listener))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for served, thread, listener in running:
        served.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def browsers():
    """Language → the browser of the file that asks for it."""
    with contextlib.ExitStack() as stack:
        yield functools.cache(lambda language: stack.enter_context(chromium(language)))


@pytest.fixture
def open_browser(browsers):
    """Returns a browser that knows nothing of other tests; afterwards: nothing left loopback."""
    used = []

    def start(width=1280, language="en"):
        used.append(browsers(language))
        set_view(used[-1], width)
        return used[-1]

    yield start
    for driver in used:
        asked = {url.hostname for url in requested(driver) if url.scheme not in ("data", "chrome")}
        driver.delete_all_cookies()
        driver.get("about:blank")
        driver.get_log("browser")
        assert asked == {"127.0.0.1"}


@pytest.fixture
def browser(open_browser):
    return open_browser()
