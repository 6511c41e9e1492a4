"""The page before a real embedded server on the tiny model, and a real browser before the page.

make_page   starts a page for `TestClient`; takes the fields of `Settings`
page        one with the tiny model behind it
log_lines   what the audit log holds
live        starts a page with uvicorn on a free port of loopback, for the browser
browser     headless Chromium; afterwards: no error on its console, no request to anywhere else
"""

import contextlib
import io
import json
import shutil
import socket
import threading
from urllib.parse import urlsplit

import numpy as np
import pytest
import uvicorn
from fastapi.testclient import TestClient
from PIL import Image

from serving.app.application import create_app
from serving.app.settings import Settings

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
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

        def make(headers=FRAGMENT, **changes):
            app = create_app(make_settings(**changes))
            client = TestClient(app, "http://127.0.0.1", headers=headers, follow_redirects=False)
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


@pytest.fixture
def open_browser(tmp_path):
    missing = [path for path in (CHROMIUM, DRIVER) if not shutil.which(path)]
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: Debian's chromium, chromium-driver")
    from selenium import webdriver

    opened = []

    def start(width=1280, language="en"):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in (
            "headless=new", "no-sandbox", "disable-gpu", "disable-background-networking",
            "disable-component-update", "disable-sync", "no-first-run", "disable-dev-shm-usage",
            f"user-data-dir={tmp_path}/chromium-{len(opened)}", f"accept-lang={language}",
        ):  # fmt: skip
            options.add_argument(f"--{argument}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
        opened.append(driver)
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        return driver

    yield start
    with contextlib.ExitStack() as stack:
        for driver in opened:
            stack.callback(driver.quit)
        for driver in opened:
            assert_stayed_home(driver)


@pytest.fixture
def browser(open_browser):
    return open_browser()


def assert_stayed_home(driver):
    """Every request of the page went to 127.0.0.1 or lay in the page itself."""
    asked = set()
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = urlsplit(message["params"]["request"]["url"])
            if url.scheme not in ("data", "chrome"):
                asked.add(url.hostname)
    assert asked == {"127.0.0.1"}
