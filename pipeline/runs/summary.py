"""The summary of a run: the result of each class, the verdict, and where the results are."""

from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from components.gate.floors import held, reaches
from components.runtime.numbers import interval, number
from components.runtime.tables import class_table
from components.storage.plain_path import shown_path
from pipeline.runs.records import Gate, RunRecord

# Field of `RunPaths` → how it is called here.
_LABELS = {"tensorboard": "TensorBoard", "audit": "data audit"}
_COLUMNS = ("n", "recall", "95 % CI", "floor", "previous", "precision", "specificity")
NOT_A_MEDICAL_DEVICE = "Not a medical device: for research, not for diagnosis."


def print_summary(console: Console, record: RunRecord) -> None:
    """Prints the table, the verdict and the paths."""
    console.print()
    console.print(gate_table(record.gates, record.floor_on, record.judged_on))
    style = "bold green" if record.blessed and not record.refused else "bold red"
    style = "bold yellow" if record.approval == "waiting" else style
    console.print(Text(verdict(record), style=style), soft_wrap=not console.is_terminal)
    console.print(_data_line(record), highlight=False, markup=False, soft_wrap=True)
    if record.audit:
        line = f"Data audit: {record.audit}."
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    for name, path in asdict(record.paths).items():
        if path:
            line = f"  {_LABELS.get(name, name):<14} {shown_path(path)}"
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(Text(NOT_A_MEDICAL_DEVICE, style="dim"))


def verdict(record: RunRecord) -> str:
    """Returns the verdict of the gate, and whether the model was pushed."""
    if record.refused:
        return f"{record.sentence} But NOT pushed: {record.refused}."
    if record.approval == "waiting":
        return (
            f"{record.sentence} Not pushed yet: it waits for approval. `medtfx approve "
            f"{record.run_id} --note TEXT` pushes it, `medtfx reject` rejects it."
        )
    if record.version is None:
        return f"{record.sentence} Nothing was pushed."
    if not record.served:
        return (
            f"{record.sentence} It was pushed as version {record.version} of {record.model}, which "
            "has been withdrawn or deleted since."
        )
    signed = "signed by the site" if record.signed else "unsigned"
    return f"{record.sentence} Pushed as version {record.version} of {record.model}, {signed}."


def gate_table(gates: list[Gate], floor_on: str, judged_on: str = "the test split") -> Table:
    """Returns a row for each class; the floor is green where it is reached, red where not."""
    table = class_table(_COLUMNS, f"Results on {judged_on}")
    for gate in gates:
        passes = reaches(held(gate, floor_on), gate.floor)
        table.add_row(
            Text(gate.label),  # a name such as `grade [2]` is no markup
            f"{gate.cases}/{gate.patients}",
            number(gate.recall),
            interval(gate.low, gate.high),
            Text(number(gate.floor), style="green" if passes else "red"),
            number(gate.baseline),
            number(gate.precision),
            number(gate.specificity),
        )
    compared = "lower bound of the CI" if floor_on == "lower_bound" else "recall"
    table.caption = (
        f"n: images/patients. Floor: minimum of the {compared}.\n"
        "Previous: recall of the latest blessed model."
    )
    return table


def _data_line(record: RunRecord) -> str:
    line = f"{record.images} images read, {record.unreadable} unreadable and in quarantine"
    line += f", {record.taken_over} taken over from an earlier run" if record.taken_over else ""
    line += f", {record.anomalies} anomalies found by ExampleValidator" if record.anomalies else ""
    line += f". {record.not_used}" if record.not_used else ""
    data = record.data_fingerprint[:12]
    return f"{line}. Data fingerprint {data}, {record.seconds:.0f} s in the nodes."
