import csv
import json

import pytest

from pipeline.compare.criterion import parse_criterion
from pipeline.compare.errors import CompareError
from pipeline.compare.results import judge, save_csv, save_json


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


def test_when_nothing_could_be_trained_every_reason_is_given(make_answers, make_outcome):
    broken = [make_outcome(name, make_answers(1.0), failure=f"{name} fell") for name in ("a", "b")]
    criterion = parse_criterion("accuracy", ("COVID", "NORMAL", "PNEUMONIA"))
    with pytest.raises(CompareError, match=r"(?s)a: a fell.*b: b fell"):
        judge(broken, [], criterion, "best", 3, {})


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
