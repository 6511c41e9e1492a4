"""The page in a real browser, with its plots."""

import json
import math

import pytest

from pipeline.compare.page import write_page


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1200, False)])
def test_the_page_in_a_browser(make_comparison, browser, tmp_path, width, dark):
    page = tmp_path / "index.html"
    comparison = make_comparison()
    write_page(page, comparison)
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(page.as_uri())

    assert browser.get_log("browser") == []
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    asked = {
        message["params"]["request"]["url"].partition(":")[0]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    }
    assert "file" in asked and asked <= {"file", "data", "chrome"}
    text = browser.find_element("tag name", "body").text
    for words in (
        "Not a medical device",
        "size and format alone",
        "weak <b>one</b> against strong",
    ):
        assert words in text
    value = comparison.best.summary.named["balanced_accuracy"]
    assert f"strong, {value:.3f}." in text and not math.isnan(value)
    assert len(browser.find_elements("tag name", "svg")) == 1 + 3 + 1 + 2
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    ink, paper = browser.execute_script(
        "return [[...document.querySelectorAll('svg *')].map(e => getComputedStyle(e).fill),"
        "getComputedStyle(document.querySelector('section')).backgroundColor]"
    )
    assert ("rgb(231, 238, 242)" if dark else "rgb(23, 36, 45)") in ink
    assert paper == ("rgb(26, 36, 43)" if dark else "rgb(255, 255, 255)")
