"""The page in a real browser; `open_page` then checks the console and that nothing was fetched."""

import csv
import io
import re
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from components.gate.predictions import to_csv
from components.run_report.content import Outcome
from components.run_report.page import render_page
from components.run_report.slot import RUN_SLOT
from components.runtime.source_hash import source_files

NAMES = ('<b>bold</b> & "quoted"', "Läsion µ $x$ 肺炎", "_No.finding's [1]")
CASES: dict[str, dict[str, Any]] = {
    "names": {"classes": NAMES},
    "two classes": {"classes": ("ill", "well")},
    "a class without images": {"absent": ("NORMAL",)},
    "perfect": {"kind": "perfect"},
    "collapsed": {"kind": "collapsed"},
    "no image": {"of_each": 0},
}


@pytest.mark.parametrize("case", CASES)
def test_a_browser_shows_it_without_a_network(
    open_page, make_predictions, make_content, case, tmp_path
):
    found = make_predictions(**CASES[case])
    path = tmp_path / "report.html"
    path.write_text(render_page(make_content(found)), encoding="utf-8")
    for width in (360, 1280):
        page = open_page(path, width)
        assert page.execute_script("return document.documentElement.scrollWidth") <= width
        rows = page.find_elements("css selector", "#classes tbody th")
        assert [row.text for row in rows] == list(found.classes)
        assert page.execute_script(
            "return [...document.images].every(image => image.complete && image.naturalWidth > 0)"
        )
        if len(found.labels):
            drawn = page.find_element("css selector", "#curves").text
            assert case == "names" or all(name in drawn for name in set(found.classes) - {"NORMAL"})
            assert case != "names" or all(name in drawn for name in NAMES)


def test_the_heatmaps_can_be_switched_off(open_page, make_predictions, make_content, tmp_path):
    path = tmp_path / "report.html"
    path.write_text(render_page(make_content(make_predictions())), encoding="utf-8")
    page = open_page(path)
    heat = page.find_element("css selector", ".heat")
    assert heat.is_displayed()
    page.find_element("css selector", "#heat").click()
    assert not heat.is_displayed()


def test_ten_classes_of_a_thousand_images_stay_small(make_predictions, make_content):
    classes = tuple(f"class {number}" for number in range(10))
    found = make_predictions(classes, 1000, features=("site", "sex", "view"))
    content = make_content(found)
    assert len(content.pictures) == 90
    assert len(render_page(content).encode()) < 15_000_000


def with_results(content, **changes):
    return replace(content, results=replace(content.results, **changes))


@pytest.mark.parametrize(
    ("blessed", "outcome", "sentence"),
    [
        (True, Outcome(17), "Pushed as version 17 of tiny, unsigned."),
        (True, Outcome(17, signed=True), "Pushed as version 17 of tiny, signed by the site."),
        (True, Outcome(None, "it crashed"), "But NOT pushed: it crashed."),
        (True, Outcome(), "a person has to approve it first"),
        (False, Outcome(), "Nothing was pushed"),
        (False, Outcome(None, "so it was not tried"), "Nothing was pushed"),
    ],
)
def test_it_says_whether_it_was_pushed(make_predictions, make_content, blessed, outcome, sentence):
    content = make_content(make_predictions(), outcome=outcome)
    page = render_page(with_results(content, blessed=blessed))
    assert sentence in page
    assert ('class="verdict good"' in page) == (blessed and not outcome.refused)


def test_a_loss_against_the_blessed_model_is_marked(make_predictions, make_content):
    content = make_content(make_predictions())
    of_all = partial(dict.fromkeys, content.predictions.classes)
    before = of_all(content.classes[0].recall + 0.2)
    changes = {"changes": of_all(-0.3), "observed_changes": of_all(-0.2)}
    page = render_page(with_results(content, baseline=before, **changes))
    assert '<td>−0.20</td><td class="missed">−0.30 ✗</td>' in page


def test_a_disagreement_with_the_gate_is_reported(make_predictions, make_content):
    content = make_content(make_predictions())
    assert "differently" not in render_page(content)
    matrix = content.results.matrices[()].copy()
    matrix[0, 0] -= 1
    matrix[0, 1] += 1
    changed = with_results(content, matrices={(): matrix})
    assert changed.disagreements == 1
    assert "1 of 90 images\ndifferently" in render_page(changed)


def test_the_audit_is_shown_beside_the_metrics_of_the_model(make_predictions, make_content):
    page = render_page(make_content(make_predictions()))
    assert "1 picture is in two splits" in page and "no image stands out" not in page
    assert re.search(r"size</th><td>0.97</td>.*the model, on test</th><td>0\.", page, re.S)


def test_the_recipe_is_escaped(make_predictions, make_content):
    page = render_page(make_content(make_predictions(), recipe={"summary": "<script>x</script>"}))
    assert "<script>x" not in page and "&lt;script&gt;x" in page


def test_it_names_no_file(make_predictions, make_content):
    """A page is shown and sent to others; a file may be named after a patient."""
    found = make_predictions()
    content = make_content(found)
    page = render_page(content)
    assert content.pictures and content.material.quarantine
    for picture in content.pictures:
        row = list(csv.DictReader(io.StringIO(to_csv(found))))[picture.case.row - 2]
        assert row["filename"] == picture.case.filename
        assert f"row {picture.case.row}<" in page
    assert ".png" not in page and ".txt" not in page


def test_it_has_one_slot_for_the_run(make_predictions, make_content):
    assert render_page(make_content(make_predictions())).count(RUN_SLOT) == 1


def test_the_template_counts_as_code():
    files = {path.name for path in source_files("components.run_report.executor")}
    assert {"page.html", "page.css"} <= files


def test_a_page_by_folds_says_which_number_is_which(make_predictions, make_content):
    by_folds = {"evaluation": {"recall_floor": 0.6, "folds": 5}}
    page = render_page(make_content(make_predictions(), by_folds))
    assert "Two models, not one" in page and "are of 5 models" in page
    assert "Show heatmaps" not in page and "never saw in training" not in page
