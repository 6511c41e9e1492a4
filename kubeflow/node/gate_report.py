"""The gate as KFP's page shows it: a page of Markdown, metrics to compare runs by, a matrix.

KFP stores the values of a metrics artifact as its metadata, which a task writes into the file
`outputFile` (ExecutorOutput in KFP's pipeline_spec.proto).
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from components.gate.floors import held
from components.gate.results import OVERALL, Results
from components.gate.verdict import Verdict
from components.runtime.numbers import interval, number
from kubeflow.node.task import write_output
from kubeflow.texts import markdown
from pipeline.runs.records import Gate
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE

_COLUMNS = (
    "class",
    "images",
    "patients",
    "recall",
    "95 % interval",
    "floor",
    "before",
    "precision",
    "specificity",
)
_BOUND = {"lower_bound": "lower bound of the recall", "point": "recall"}
_BEFORE = "Before: recall of the latest blessed model."
_NOT_COMPARED = (
    "Before: there is no other blessed model with the same classes and splits; a model that comes "
    "from the cache is not compared with itself."
)
# KFP's page draws the cells of a table without space between them.
_SPACE = "\u00a0\u00a0"


def verdict_markdown(verdict: Verdict, gates: list[Gate], floor_on: str, judged_on: str) -> str:
    """Returns the verdict with one paragraph a reason, and a table of the classes."""
    praise = verdict.sentence.removeprefix("Blessed: ")
    reasons = verdict.reasons or (praise[0].upper() + praise[1:],)
    table = [
        _row(*(f"{_SPACE}{column}{_SPACE}" for column in _COLUMNS)),
        _row("---", *["---:"] * (len(_COLUMNS) - 1)),
        *(_gate_row(gate) for gate in gates),
    ]
    bound = "lower bound of the interval" if floor_on == "lower_bound" else "recall"
    compared = any(gate.baseline is not None for gate in gates)
    paragraphs = [
        "# Blessed" if verdict.blessed else "# NOT blessed: nothing is pushed",
        *map(markdown, reasons),
        f"## On {judged_on}, by the top prediction",
        "\n".join(table),
        f"Floor: for the {bound}. {_BEFORE if compared else _NOT_COMPARED}",
        NOT_A_MEDICAL_DEVICE,
    ]
    return "\n\n".join(paragraphs) + "\n"


def worst_class(gates: list[Gate], floor_on: str) -> str:
    """Returns the class with the smallest margin to its floor, in a few words; '' if none is."""
    measured = [(gate, held(gate, floor_on) - gate.floor) for gate in gates]
    measured = [(gate, margin) for gate, margin in measured if math.isfinite(margin)]
    if not measured:
        return ""
    gate, _ = min(measured, key=lambda pair: pair[1])
    return f"{gate.label}, {_BOUND[floor_on]} {held(gate, floor_on):.2f}, floor {gate.floor:.2f}"


def gate_metrics(verdict: Verdict, gates: list[Gate], floor_on: str) -> dict[str, float]:
    """Returns the numbers by which KFP compares runs; what is not finite is left out.

    `margin` is what the floor holds for, less the floor: below 0 the class is refused. The names
    are short because KFP's page cuts long ones off.
    """
    metrics = {"blessed": float(verdict.blessed)}
    for gate in gates:
        metrics[f"{gate.label} recall"] = gate.recall
        metrics[f"{gate.label} low"] = gate.low
        metrics[f"{gate.label} margin"] = held(gate, floor_on) - gate.floor
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def confusion_matrix(results: Results) -> dict[str, Any]:
    """Returns the metadata of KFP's ClassificationMetrics: truth by prediction, in images."""
    return {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": result.label} for result in results.classes],
            "rows": [{"row": [int(n) for n in row]} for row in results.matrices[OVERALL]],
        }
    }


def write_metadata(
    executor_input: str, values: Mapping[str, tuple[str, Mapping[str, Any]]]
) -> None:
    """Gives KFP the metadata of output artifacts, and each artifact the same as its file.

    Args:
        executor_input: JSON that KFP gives to each task.
        values: output → path of the artifact in the container, and its metadata.
    """
    outputs: dict[str, Any] = json.loads(executor_input)["outputs"]
    described = {}
    for name, (path, metadata) in values.items():
        write_output(path, json.dumps(metadata, indent=2) + "\n")
        artifact = outputs["artifacts"][name]["artifacts"][0]
        described[name] = {"artifacts": [artifact | {"metadata": metadata}]}
    write_output(outputs["outputFile"], json.dumps({"artifacts": described}))


def _gate_row(gate: Gate) -> str:
    counts = (str(gate.cases), str(gate.patients), number(gate.recall))
    others = map(number, (gate.floor, gate.baseline, gate.precision, gate.specificity))
    return _row(markdown(gate.label), *counts, interval(gate.low, gate.high), *others)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
