"""The page in a real browser; `open_page` then checks the console and that nothing was fetched."""

import math

import pytest

from pipeline.compare.page import write_page


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1200, False)])
def test_the_page_in_a_browser(make_comparison, open_page, tmp_path, width, dark):
    path, comparison = tmp_path / "index.html", make_comparison()
    write_page(path, comparison)
    page = open_page(path, width, dark)
    text = page.find_element("tag name", "body").text
    for words in (
        "Not a medical device",
        "size and format alone",
        "weak <b>one</b> against strong",
    ):
        assert words in text
    value = comparison.best.summary.named["balanced_accuracy"]
    assert f"strong, {value:.3f}." in text and not math.isnan(value)
    assert len(page.find_elements("tag name", "svg")) == 1 + 3 + 1 + 2
    assert page.execute_script("return document.documentElement.scrollWidth") <= width
    ink, paper = page.execute_script(
        "return [[...document.querySelectorAll('svg *')].map(e => getComputedStyle(e).fill),"
        "getComputedStyle(document.querySelector('section')).backgroundColor]"
    )
    assert ("rgb(231, 238, 242)" if dark else "rgb(23, 36, 45)") in ink
    assert paper == ("rgb(26, 36, 43)" if dark else "rgb(255, 255, 255)")
