"""A cross-validation decides: from the folders to the pushed model and its report."""

import csv
from pathlib import Path

import pytest

from components.nodes import fold_nodes

pytestmark = pytest.mark.end_to_end

FOLDS = ("evaluation.folds=2", "training.epochs=12")


@pytest.fixture(scope="module")
def judged(machine) -> str:
    """What the run printed."""
    return machine.medtfx(machine.run_command(*FOLDS), 0, 3)


def test_the_folds_are_judged_and_the_model_of_all_is_pushed(machine, judged):
    record = machine.last_record()
    assert "Results on 2 folds of all images" in judged
    assert "Judged by 2 models of folds" in record.sentence
    assert sum(gate.cases for gate in record.gates) == record.images
    assert not any(machine.cached()[node] for node in (*fold_nodes(2), "OutOfFold"))
    assert record.blessed == (record.version is not None)


def test_the_report_says_which_number_is_which(machine, judged):
    report = Path(machine.last_record().paths.report)
    page = report.read_text(encoding="utf-8")
    assert "Two models, not one" in page and "Show heatmaps" not in page
    predictions = machine.latest("RunReport", "report") / "predictions.csv"
    rows = list(csv.DictReader(predictions.read_text().splitlines()))
    assert len({row["filename"] for row in rows}) == len(rows) == machine.last_record().images


def test_the_baseline_with_a_test_split_is_not_compared_and_another_floor_trains_nothing(
    machine, judged
):
    assert "against the latest blessed model" not in machine.last_record().sentence
    machine.medtfx(machine.run_command(*FOLDS, "evaluation.recall_floor=0.2"), 0, 3)
    cached = machine.cached()
    assert all(cached[node] for node in (*fold_nodes(2), "Trainer", "DataAudit"))
    assert not cached["Evaluator"]
