"""The verdict of the gate as KFP shows it: a page of Markdown, and numbers to compare runs by."""

import json
import math
from pathlib import Path
from typing import Any

from components.gate.verdict import Verdict
from kubeflow.texts import markdown
from pipeline.runs.records import Gate
from pipeline.runs.summary import NOT_A_MEDICAL_DEVICE, number


def verdict_markdown(verdict: Verdict, gates: list[Gate], floor_on: str) -> str:
    """Returns the sentence, and a table of the classes."""
    lines = [
        f"# {'Blessed' if verdict.blessed else 'NOT blessed'}",
        markdown(verdict.sentence),
        _row(
            "class", "n", "recall", "95 % interval", "floor", "before", "precision", "specificity"
        ),
        _row("---", *["---:"] * 7),
        *(_gate_row(gate) for gate in gates),
        "The floor holds for the "
        + ("lower bound of the interval" if floor_on == "lower_bound" else "recall")
        + "; before: recall of the latest blessed model.",
        NOT_A_MEDICAL_DEVICE,
    ]
    table = slice(2, 4 + len(gates))
    return (
        "\n\n".join([*lines[: table.start], "\n".join(lines[table]), *lines[table.stop :]]) + "\n"
    )


def recall_metrics(verdict: Verdict, gates: list[Gate]) -> dict[str, float]:
    """Returns the numbers by which KFP compares runs; what is not known is left out."""
    metrics = {"blessed": float(verdict.blessed)}
    for gate in gates:
        metrics[f"recall {gate.label}"] = gate.recall
        metrics[f"recall {gate.label}, lower bound"] = gate.low
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def write_metrics(executor_input: str, artifact: str, metrics: dict[str, float]) -> None:
    """Tells KFP the values of a metrics artifact.

    Args:
        executor_input: JSON that KFP gives to each task.
        artifact: name of the output.
        metrics: name → value.
    """
    outputs: dict[str, Any] = json.loads(executor_input)["outputs"]
    described = outputs["artifacts"][artifact]["artifacts"][0] | {"metadata": metrics}
    path = Path(outputs["outputFile"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"artifacts": {artifact: {"artifacts": [described]}}}))


def _gate_row(gate: Gate) -> str:
    interval = "-" if math.isnan(gate.low) else f"{number(gate.low)}-{number(gate.high)}"
    values = (gate.recall, gate.floor, gate.baseline, gate.precision, gate.specificity)
    recall, *others = map(number, values)
    return _row(markdown(gate.label), str(gate.cases), recall, interval, *others)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
