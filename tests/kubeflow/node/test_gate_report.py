import json
import math

import pytest

from components.gate.verdict import Verdict
from kubeflow.node.gate_report import recall_metrics, verdict_markdown, write_metrics
from pipeline.runs.records import Gate

GATES = [
    Gate("COVID", 40, 36, 0.9, 0.77, 0.96, 0.88, 0.94, 0.89, 0.97, 0.6, 0.85),
    Gate("grade [2]|x", 0, 0, *[math.nan] * 4, 1.0, math.nan, math.nan, 0.6),
]
REFUSED = Verdict(False, ("too low",), "NOT blessed: grade [2]|x has no image.")


def test_the_page_says_the_verdict_and_shows_every_class():
    lines = verdict_markdown(REFUSED, GATES, "lower_bound").splitlines()
    assert lines[0] == "# NOT blessed"
    assert lines[2] == r"NOT blessed: grade \[2\]\|x has no image."
    assert "| COVID | 40 | 0.90 | 0.77-0.96 | 0.60 | 0.85 | 0.88 | 0.94 |" in lines
    assert r"| grade \[2\]\|x | 0 | - | - | 0.60 | - | - | 1.00 |" in lines
    # A table is one block: no empty line parts its rows.
    rows = [number for number, line in enumerate(lines) if line.startswith("|")]
    assert rows == list(range(rows[0], rows[0] + 4))
    assert any("lower bound of the interval" in line for line in lines)
    assert "Not a medical device" in lines[-1]


@pytest.mark.parametrize(("blessed", "title"), [(True, "# Blessed"), (False, "# NOT blessed")])
def test_the_title(blessed, title):
    assert verdict_markdown(Verdict(blessed, (), "x"), GATES, "point").startswith(f"{title}\n")


def test_metrics_are_numbers_that_json_can_hold(tmp_path):
    metrics = recall_metrics(REFUSED, GATES)
    assert metrics == {"blessed": 0.0, "recall COVID": 0.9, "recall COVID, lower bound": 0.77}
    artifact = {"name": "recall", "uri": "minio://bucket/recall", "type": {"schemaTitle": "x"}}
    outputs = {
        "artifacts": {"recall": {"artifacts": [artifact]}},
        "outputFile": str(tmp_path / "new" / "output.json"),
    }
    write_metrics(json.dumps({"inputs": {}, "outputs": outputs}), "recall", metrics)
    written = json.loads((tmp_path / "new" / "output.json").read_text())
    assert written["artifacts"]["recall"]["artifacts"] == [{**artifact, "metadata": metrics}]
