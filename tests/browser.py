"""Debian's headless Chromium, driven by selenium."""

import contextlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

import pytest

_CHROMIUM, _DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"


@contextlib.contextmanager
def chromium(language: str = "en") -> Iterator[Any]:
    """Runs a browser that asks for a language within the block; skips the test if there is none."""
    if not all(map(shutil.which, (_CHROMIUM, _DRIVER))):
        pytest.skip("Debian's chromium and chromium-driver are not installed")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        for argument in (
            "headless=new", "no-sandbox", "disable-gpu", "disable-background-networking",
            "disable-component-update", "disable-sync", "no-first-run", "disable-dev-shm-usage",
            f"user-data-dir={profile}", f"accept-lang={language}",
        ):  # fmt: skip
            options.add_argument(f"--{argument}")
        driver = webdriver.Chrome(options, webdriver.ChromeService(_DRIVER))
        try:
            set_view(driver)
            yield driver
        finally:
            driver.quit()


def set_view(driver: Any, width: int = 1280, dark: bool = False) -> None:
    """Makes the window so many pixels wide, a narrow one that of a phone, and light or dark."""
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def requested(driver: Any) -> list[SplitResult]:
    """Returns the addresses that the browser has asked since the last look."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    return [
        urlsplit(message["params"]["request"]["url"])
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
