"""The dashboard in a real browser; `open_page` then checks that nothing was fetched."""

import pytest
import tensorflow_model_analysis as tfma

from components.runtime.errors import MedtfxError
from pipeline.dashboard.page import as_data, render_dashboard, tfma_script

# What stands in the shadow roots too.
TEXT = """
const read = node => [...node.childNodes].map(child =>
  child.nodeType === Node.TEXT_NODE ? child.textContent
  : ["STYLE", "SCRIPT", "TEMPLATE"].includes(child.nodeName) ? ""
  : read(child.shadowRoot || child)).join(" ");
return read(document.querySelectorAll("section")[arguments[0]]);
"""
COUNT = """
const count = (node, selector) => [...node.querySelectorAll("*")].reduce((sum, child) =>
  sum + child.matches(selector) + (child.shadowRoot ? count(child.shadowRoot, selector) : 0), 0);
return count(document.querySelectorAll("section")[arguments[0]], arguments[1]);
"""


def test_a_browser_draws_it_without_a_network(blocks, open_page, tmp_path):
    from selenium.webdriver.support.ui import WebDriverWait

    path = tmp_path / "dashboard.html"
    names = ("ill <b>", "well </script>", "neither")
    path.write_text(render_dashboard("Two runs & <b>", blocks, names), encoding="utf-8")
    page = open_page(path)
    wait = WebDriverWait(page, 30)
    wait.until(lambda _: all(page.execute_script(COUNT, part, "svg, td") for part in range(7)))
    assert page.find_element("css selector", "h1").text == "Two runs & <b>"
    series = page.execute_script(TEXT, 0)
    assert (
        "20250101-120000" in series and "20250102-120000" in series and "recall ill ‹b›" in series
    )
    wait.until(lambda _: "site:a" in page.execute_script(TEXT, 2))
    matrix = page.execute_script(TEXT, 3)
    assert all(name in matrix for name in ("ill ‹b›", "well ‹/script›", "neither"))
    for part in range(4, 7):
        wait.until(lambda _, part=part: page.execute_script(COUNT, part, "svg polyline") >= 6)
        plots = page.execute_script(TEXT, part)
        assert "ROC Curve" in plots and "Calibration Plot" in plots


def test_the_page_may_fetch_nothing(open_page, tmp_path):
    path = tmp_path / "dashboard.html"
    path.write_text(render_dashboard("No run", [], ()), encoding="utf-8")
    page = open_page(path)
    fetch = "const done = arguments[0]; fetch('data:,').then(() => done(true), () => done(false));"
    assert not page.execute_async_script(fetch)
    refused = page.get_log("browser")
    assert any("Content Security Policy" in entry["message"] for entry in refused)


def test_what_is_not_defined_is_null_and_no_name_is_html():
    assert as_data({"<a>": float("nan"), "b": ["NaN", 1.5, "x"]}) == {
        "‹a›": None,
        "b": [None, 1.5, "x"],
    }


def test_a_tfma_without_its_script_is_a_sentence(monkeypatch, tmp_path):
    assert "tfma-nb-plot" in tfma_script()
    monkeypatch.setattr(tfma, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(MedtfxError, match=r"vulcanized_tfma\.js is not there"):
        tfma_script()
