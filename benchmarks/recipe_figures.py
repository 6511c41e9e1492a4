"""Writes what runs of the recipes reached into `docs/results.md`, from the records of the runs.

    .venv/bin/python benchmarks/recipe_figures.py HOME --commit COMMIT

HOME is the home of the runs; the latest of each recipe takes the place of its row, the other rows
stay. The same sentences are printed, for the comments at the top of the recipes.
"""

import argparse
import textwrap
from datetime import datetime
from pathlib import Path

from reporting import machine

from components.runtime.numbers import interval, number
from pipeline.home import Home
from pipeline.runs.records import Gate, RunRecord, load_all

PAGE = Path(__file__).parents[1] / "docs" / "results.md"
BEGIN, END = "<!-- runs: benchmarks/recipe_figures.py -->", "<!-- end of runs -->"
_COLUMNS = (
    "recipe", "images/patients", "accuracy", "recall", "floor", "specificity", "verdict", "measured"
)  # fmt: skip


def accuracy(record: RunRecord) -> float:
    """Returns the share of the images whose class is found."""
    hits = sum(gate.recall * gate.cases for gate in record.gates if gate.cases)
    return hits / sum(gate.cases for gate in record.gates)


def recalls(record: RunRecord) -> str:
    """Returns the recall of each class with the interval that counts patients."""
    return ", ".join(
        f"{gate.label} {number(gate.recall)} ({interval(gate.low, gate.high)})"
        for gate in record.gates
    )


def specificities(record: RunRecord) -> str:
    """Returns the specificity of each class with its interval."""
    return ", ".join(
        f"{number(gate.specificity)} ({interval(gate.specificity_low, gate.specificity_high)})"
        for gate in record.gates
    )


def counts(gates: list[Gate]) -> str:
    """Returns images/patients of each class; a patient may have images of two classes."""
    return ", ".join(f"{gate.cases}/{gate.patients}" for gate in gates)


def row(record: RunRecord, commit: str) -> str:
    """Returns the row of a run."""
    held = "lower bound" if record.floor_on == "lower_bound" else "recall"
    floors = "/".join(dict.fromkeys(number(gate.floor) for gate in record.gates))
    overrides = f" with {' '.join(record.overrides)}" if record.overrides else ""
    cells = (
        f"`{record.recipe}`{overrides}",
        counts(record.gates),
        f"{accuracy(record):.3f}",
        recalls(record),
        f"{floors} ({held})",
        specificities(record),
        record.sentence,
        f"{commit}, {datetime.strptime(record.run_id, '%Y%m%d-%H%M%S'):%Y-%m-%d}",
    )
    return f"| {' | '.join(cells)} |"


def sentence(record: RunRecord, commit: str) -> str:
    """Returns what a run reached, as comment lines of its recipe."""
    blessed = "blessed" if record.blessed else "not blessed"
    text = (
        f"Got by `medtfx run` at commit {commit}, on {counts(record.gates)} images/patients of "
        f"each class: accuracy {accuracy(record):.3f}, recall {recalls(record)}; {blessed}. The "
        "intervals count patients."
    )
    return textwrap.fill(text, 100, initial_indent="# ", subsequent_indent="# ")


def table(rows: list[str]) -> str:
    """Returns the table, with where it was measured."""
    head = [f"| {' | '.join(_COLUMNS)} |", f"|{'---|' * len(_COLUMNS)}"]
    return "\n".join(
        [f"{machine()}; commit and date in the last column.", "", *head, *sorted(rows)]
    )


def main() -> None:
    """Writes the table and prints the sentences."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--commit", required=True)
    chosen = parser.parse_args()
    latest = {record.recipe: record for record in load_all(Home.at(str(chosen.home)))}
    records = [latest[name] for name in sorted(latest)]
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    old, _, after = rest.partition(END)
    rows = {line.split(" |")[0]: line for line in old.splitlines() if line.startswith("| `")}
    rows |= {line.split(" |")[0]: line for line in (row(one, chosen.commit) for one in records)}
    written = f"{before}{BEGIN}\n{table(list(rows.values()))}\n{END}{after}"
    PAGE.write_text(written, encoding="utf-8")
    for record in records:
        print(sentence(record, chosen.commit))


if __name__ == "__main__":
    main()
