"""The page in a real browser; `conftest.py` then checks that no request left loopback."""

import pytest

from serving.app.settings import Limits
from tests.browser import set_view

By = pytest.importorskip("selenium.webdriver.common.by").By
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402


def all_of(browser, selector):
    return browser.find_elements(By.CSS_SELECTOR, selector)


def one(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


def wait_for(browser, selector, seconds=30):
    return WebDriverWait(browser, seconds).until(lambda _: all_of(browser, selector))


@pytest.fixture
def files(tmp_path, bright, dark, deep_png):
    """Paths by name, for the browser to choose."""
    contents = {"bright.png": bright, "dark.png": dark, "deep.png": deep_png, "junk.png": b"junk"}
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    return {name: str(tmp_path / name) for name in contents}


def choose(browser, *paths):
    before = len(all_of(browser, ".batch"))
    one(browser, "#images").send_keys("\n".join(paths))
    WebDriverWait(browser, 30).until(lambda _: len(all_of(browser, ".batch")) > before)


def assert_console_is_clean(browser, *allowed):
    """Scripts have no error, and the policy blocks nothing; `allowed` words excuse a line."""
    lines = [entry["message"] for entry in browser.get_log("browser")]
    assert [line for line in lines if not any(word in line for word in allowed)] == []


def test_images_are_answered_and_junk_among_them_fails_alone(live, browser, files):
    browser.get(live())
    wait_for(browser, "#status.ready")
    choose(browser, files["bright.png"], files["junk.png"], files["deep.png"])
    assert [label.text for label in all_of(browser, ".label")] == ["bright", "dark"]
    assert "not an image" in one(browser, ".failed").text
    assert one(browser, "#announcement").get_attribute("textContent") == (
        "2 images with a prediction. 1 image without a prediction."
    )
    # The focus is where the news is, and the same file can be chosen again.
    assert browser.switch_to.active_element == one(browser, ".batch")
    choose(browser, files["bright.png"])
    assert [label.text for label in all_of(browser, ".label")] == ["bright", "bright", "dark"]
    one(browser, "#clear").click()
    assert all_of(browser, ".batch") == []
    assert_console_is_clean(browser)


def test_the_heatmap_fades_by_keyboard(live, browser, files):
    browser.get(live())
    choose(browser, files["bright.png"])
    slider, heat = one(browser, ".heat-opacity"), one(browser, ".heat")
    assert heat.value_of_css_property("opacity") == "0.45"
    browser.switch_to.active_element.send_keys(Keys.TAB)  # from the answers to their first control
    assert browser.switch_to.active_element == slider
    slider.send_keys(Keys.ARROW_RIGHT)
    assert heat.value_of_css_property("opacity") == "0.5"
    slider.send_keys(Keys.HOME)
    assert heat.value_of_css_property("opacity") == "0"
    assert one(browser, "output").text == "0%"
    assert_console_is_clean(browser)


def test_a_dropped_file_is_answered(live, browser):
    browser.get(live())
    browser.execute_script(
        "const data = new DataTransfer();"
        "data.items.add(new File(['junk'], 'dropped.png'));"
        "document.querySelector('h1').dispatchEvent("
        "  new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));"
    )
    wait_for(browser, ".failed")
    assert one(browser, ".file").text == "dropped.png"
    assert_console_is_clean(browser)


def test_too_much_is_said_before_it_is_sent(live, browser, files, log_file):
    browser.get(live(limits=Limits(files=1)))
    one(browser, "#images").send_keys("\n".join([files["dark.png"], files["bright.png"]]))
    WebDriverWait(browser, 10).until(lambda _: one(browser, "#upload-error").is_displayed())
    assert "Too many files: at most 1" in one(browser, "#upload-error").text
    assert log_file.read_text() == ""
    choose(browser, files["dark.png"])
    assert not one(browser, "#upload-error").is_displayed()
    assert_console_is_clean(browser)


def test_a_dead_server_is_said_and_its_return_noticed(live, browser, files, base, start):
    first = start(base)
    browser.get(live(address=lambda: first.address))
    wait_for(browser, "#status.ready")
    first.stop()
    wait_for(browser, "#status.unavailable")
    choose(browser, files["dark.png"])
    assert "The model server does not answer" in one(browser, ".failed").text
    start(base, grpc_port=first.grpc_port)
    wait_for(browser, "#status.ready")
    choose(browser, files["dark.png"])
    assert one(browser, ".batch .label").text == "dark"
    assert_console_is_clean(browser)


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_can_be_read(live, open_browser, files, width, tmp_path):
    samples = tmp_path / "offered"
    samples.mkdir()
    (samples / "a-rather-long-name-of-a-sample-0001.png").write_bytes(
        (tmp_path / "dark.png").read_bytes()
    )
    browser = open_browser(width, language="es")
    browser.get(live(samples=samples))
    assert one(browser, "html").get_attribute("lang") == "es"
    choose(browser, files["bright.png"], files["junk.png"], files["deep.png"])
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(_UNNAMED) == []
    for dark in (False, True):
        set_view(browser, width, dark)
        assert browser.execute_script(_TOO_FAINT) == []
    assert one(browser, ".disclaimer").is_displayed()
    assert_console_is_clean(browser)


def test_the_language_is_switched(live, browser):
    browser.get(live())
    one(browser, "a[hreflang=es]").click()
    WebDriverWait(browser, 10).until(lambda _: one(browser, "html").get_attribute("lang") == "es")
    assert one(browser, "h1").text == "Preguntar al modelo por una imagen"
    assert "No es un producto sanitario" in one(browser, ".disclaimer").text
    assert_console_is_clean(browser)


def test_signing_in(live, browser, files):
    token = "a-token-of-some-length"
    browser.get(live(token=token))
    one(browser, "#token").send_keys("wrong" + Keys.ENTER)
    wait_for(browser, "#wrong")
    one(browser, "#token").send_keys(token + Keys.ENTER)
    wait_for(browser, "#images")
    choose(browser, files["dark.png"])
    assert one(browser, ".label").text == "dark"
    assert_console_is_clean(browser, "401 (Unauthorized)")


# Controls without a name for a screen reader, images without alt.
_UNNAMED = """
return [...document.querySelectorAll('input, button, a, img, table')].filter((one) => {
  if (one.tagName === 'IMG') return !one.hasAttribute('alt');
  if (one.tagName === 'TABLE') return !one.caption;
  return !(one.getAttribute('aria-label') || one.textContent.trim()
    || (one.labels && one.labels.length));
}).map((one) => one.outerHTML);
"""

# Translations whose contrast with what lies behind them is below WCAG 2 AA.
_TOO_FAINT = """
const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return canvas.getImageData(0, 0, 1, 1).data;
};
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
  .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (one) => {
  for (; one; one = one.parentElement) {
    const colour = rgba(getComputedStyle(one).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
};
const hasText = (one) => [...one.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
return [...document.querySelectorAll('body *')]
  .filter((one) => hasText(one) && one.checkVisibility() && !one.closest('svg, noscript, script'))
  .map((one) => {
    const style = getComputedStyle(one), a = light(rgba(style.color)), b = light(behind(one));
    const large = parseFloat(style.fontSize) >= 24;
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return ratio < (large ? 3 : 4.5) ? `${ratio.toFixed(2)} ${one.outerHTML.slice(0, 80)}` : '';
  }).filter(Boolean);
"""
