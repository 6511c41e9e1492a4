"""The results of a comparison, as files and as a page in a real browser."""

import csv
import json
import math

import pytest
from rich.console import Console

from pipeline.compare.candidates import Candidate
from pipeline.compare.criterion import parse_criterion
from pipeline.compare.errors import CompareError
from pipeline.compare.outcome import Cost, Outcome, Round
from pipeline.compare.page import write_page
from pipeline.compare.predictions import Predictions
from pipeline.compare.results import Comparison, judge, save_csv, save_json
from pipeline.compare.tables import print_tables
from pipeline.recipes.loader import load_recipe

FACTS = {"data_folder": "/films", "data_fingerprint": "0123456789ab", "began": "2026-01-02 03:04"}
LOGS = {"balanced_accuracy": 0.5, "val_balanced_accuracy": 0.6, "loss": 1.0, "val_loss": 0.9}


def outcome(name: str, answers: Predictions, failure: str = "", latency: float = 2.5) -> Outcome:
    rounds = [
        Round(
            fold,
            answers.take([n for n, f in enumerate(answers.folds) if f == fold]),
            seconds=10.0 * fold,
            history={"head": [LOGS, LOGS], "fine-tuning": [LOGS]},
            cost=Cost(megabytes=1.5, parameters=4321, latency=latency),
        )
        for fold in (1, 2, 3)
    ]
    return Outcome(Candidate(name, load_recipe("quickstart")), rounds, failure)


@pytest.fixture
def make_comparison(make_answers):
    def make(against: str = "best", by: str = "balanced_accuracy") -> Comparison:
        outcomes = [
            outcome("weak <b>one</b>", make_answers(1.0, seed=1)),
            outcome("strong", make_answers(3.0, seed=2), latency=9.0),
            outcome("broken", make_answers(1.0), failure="no weights & no way"),
        ]
        criterion = parse_criterion(by, outcomes[0].candidate.recipe.data.classes)
        return judge(outcomes, [make_answers(0.2, seed=3)], criterion, against, 3, FACTS)

    return make


def test_the_best_comes_first_and_is_the_reference(make_comparison):
    found = make_comparison()
    assert [row.name for row in found.rows] == ["strong", "weak <b>one</b>"]
    assert found.reference == found.best.name == "strong"
    assert found.best.difference is None
    assert found.rows[1].difference.high < 0
    assert found.best.seconds == pytest.approx(20) and found.best.latency == pytest.approx(9)


def test_or_the_first_is_the_reference(make_comparison):
    found = make_comparison(against="first", by="recall:NORMAL")
    assert found.reference == "weak <b>one</b>" and found.best.difference.low > 0


def test_when_nothing_could_be_trained_every_reason_is_given(make_answers):
    broken = [outcome(name, make_answers(1.0), failure=f"{name} fell") for name in ("a", "b")]
    criterion = parse_criterion("accuracy", ("COVID", "NORMAL", "PNEUMONIA"))
    with pytest.raises(CompareError, match=r"(?s)a: a fell.*b: b fell"):
        judge(broken, [], criterion, "best", 3, FACTS)


def test_csv_and_json_hold_the_same_numbers(make_comparison, tmp_path):
    comparison = make_comparison()
    save_csv(tmp_path / "c.csv", comparison)
    save_json(tmp_path / "c.json", comparison)
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text().splitlines()))
    plain = json.loads((tmp_path / "c.json").read_text(), parse_constant=pytest.fail)
    assert [row["recipe"] for row in rows] == ["strong", "weak <b>one</b>", "(shortcuts)", "broken"]
    assert rows[3]["failure"] == plain["failed"]["broken"] == "no weights & no way"
    for row, values in zip(rows, plain["recipes"], strict=False):
        assert float(row["macro_f1"]) == pytest.approx(values["macro_f1"], abs=1e-6)
        assert float(row["recall_low_COVID"]) == pytest.approx(
            values["classes"][0]["low"], abs=1e-6
        )
        assert sum(map(sum, values["confusion_matrix"])) == 360
    assert float(rows[1]["difference"]) == pytest.approx(
        plain["recipes"][1]["balanced_accuracy"] - plain["recipes"][0]["balanced_accuracy"],
        abs=1e-6,
    )


def test_the_tables_fit_a_narrow_terminal(make_comparison):
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    print_tables(console, make_comparison())
    text = console.export_text()
    assert "Best by balanced accuracy: strong" in text and "beyond chance" in text
    assert "broken could not be trained: no weights & no way" in text
    assert "…" not in text and "Not a medical device" in text


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
