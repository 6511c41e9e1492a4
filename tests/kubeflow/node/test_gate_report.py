import json
from math import nan
from typing import Any

import numpy as np
import pytest

from components.gate.results import OVERALL, Results, class_result
from components.gate.verdict import Verdict
from kubeflow.node.gate_report import (
    confusion_matrix,
    gate_metrics,
    verdict_markdown,
    worst_class,
    write_metadata,
)
from pipeline.runs.records import Gate

OF_PATIENTS: dict[str, Any] = {"patients": 30, "specificity_low": 0.9, "specificity_high": 0.97}
GATES = [
    Gate("COVID", 40, 36, 0.9, 0.77, 0.96, 0.88, 0.94, 0.89, 0.97, 0.6, 0.85, **OF_PATIENTS),
    Gate("grade [2]|x", 0, 0, nan, nan, nan, nan, 1.0, nan, nan, 0.6, **OF_PATIENTS),
]
REASONS = ("COVID recall 0.90 is below its floor of 0.95", "grade [2]|x has no image")
REFUSED = Verdict(False, REASONS, f"NOT blessed: {'; '.join(REASONS)}.")
BLESSED = Verdict(True, (), "Blessed: the recall of every class is at least its floor.")


def test_the_page_has_a_paragraph_for_each_reason_and_a_row_for_each_class():
    page = verdict_markdown(REFUSED, GATES, "lower_bound", "5 folds of all images")
    paragraphs = page.rstrip("\n").split("\n\n")
    assert paragraphs[0] == "# NOT blessed: nothing is pushed"
    assert paragraphs[1] == REASONS[0]
    assert paragraphs[2] == r"grade \[2\]\|x has no image"
    assert paragraphs[3] == "## On 5 folds of all images, by the top prediction"
    header, _, *rows = paragraphs[4].splitlines()
    # KFP's page draws the cells of the header without a gap, and cuts ordinary spaces off.
    assert all(cell.strip(" ").startswith("\u00a0") for cell in header.strip("|").split("|"))
    assert rows == [
        "| COVID | 40 | 30 | 0.90 | 0.77-0.96 | 0.60 | 0.85 | 0.88 | 0.94 |",
        r"| grade \[2\]\|x | 0 | 30 | - | - | 0.60 | - | - | 1.00 |",
    ]
    assert paragraphs[5].startswith("Floor: for the lower bound of the interval.")
    assert "Not a medical device" in paragraphs[-1]


def test_a_blessing_is_said_once():
    page = verdict_markdown(BLESSED, GATES, "point", "the test split")
    assert page.startswith("# Blessed\n\nThe recall of every class is at least its floor.\n")
    assert "Floor: for the recall. Before: recall of the latest blessed model." in page


def test_a_model_without_another_to_compare_with_is_said():
    page = verdict_markdown(BLESSED, GATES[1:], "point", "the test split")
    assert "Before: there is no other blessed model" in page
    assert "from the cache is not compared with itself" in page


@pytest.mark.parametrize(("floor_on", "margin"), [("lower_bound", 0.17), ("point", 0.3)])
def test_metrics_are_finite_numbers_with_the_margin_to_the_floor(floor_on, margin):
    assert gate_metrics(REFUSED, GATES, floor_on) == {
        "blessed": 0.0,
        "COVID recall": 0.9,
        "COVID low": 0.77,
        "COVID margin": pytest.approx(margin),
    }


def test_the_worst_class_is_the_one_nearest_to_its_floor():
    numbers = (40, 39, 0.97, 0.87, 0.99, 0.9, 0.9, 0.9, 0.9, 0.95)
    other = Gate("NORMAL", *numbers, **OF_PATIENTS)
    # Their lower bounds miss the floors by -0.17 and 0.08; the recalls by -0.3 and -0.02.
    assert worst_class([GATES[0], other], "lower_bound") == (
        "NORMAL, lower bound of the recall 0.87, floor 0.95"
    )
    assert worst_class([GATES[0], other], "point") == "NORMAL, recall 0.97, floor 0.95"
    assert worst_class([GATES[1]], "point") == ""


def test_the_confusion_matrix_has_the_form_of_kfp_s_sdk():
    from kfp import dsl

    matrix, labels = np.array([[3.0, 1.0], [0.0, 5.0]]), ["COVID", "NORMAL"]
    classes = tuple(class_result(matrix, index, label) for index, label in enumerate(labels))
    results = Results(True, {OVERALL: matrix}, classes, {}, ())
    expected = dsl.ClassificationMetrics()
    expected.log_confusion_matrix(labels, [[3, 1], [0, 5]])
    assert confusion_matrix(results) == expected.metadata


def test_kfp_is_given_the_metadata_and_a_file_of_each_artifact(tmp_path):
    artifact = {"name": "gate", "uri": "minio://bucket/gate", "type": {"schemaTitle": "x"}}
    outputs = {
        "artifacts": {"gate": {"artifacts": [artifact]}},
        "outputFile": str(tmp_path / "new" / "output.json"),
    }
    path, metrics = tmp_path / "outputs" / "gate", {"blessed": 1.0}
    write_metadata(json.dumps({"inputs": {}, "outputs": outputs}), {"gate": (str(path), metrics)})
    written = json.loads((tmp_path / "new" / "output.json").read_text())
    assert written["artifacts"]["gate"]["artifacts"] == [{**artifact, "metadata": metrics}]
    assert json.loads(path.read_text()) == metrics
