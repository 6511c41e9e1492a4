"""The record of a run: a small JSON file in `<home>/runs`."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.home import Home


@dataclass(frozen=True)
class Gate:
    """A class, what it reached on the test split, and what it had to reach."""

    label: str
    cases: int
    recall: float
    low: float
    high: float
    floor: float
    precision: float
    specificity: float
    baseline: float | None = None


@dataclass(frozen=True)
class NodeRecord:
    """A node of the run."""

    node: str
    cached: bool
    seconds: float


@dataclass(frozen=True)
class RunRecord:
    """A finished run.

    Attributes:
        run_id: time of the start, also the id of the pipeline run in ML Metadata.
        recipe: its name.
        overrides: what `--set` changed.
        data_folder: absolute.
        data_fingerprint: hex digest over names, sizes and times of the data files.
        images: read.
        unreadable: images in quarantine because they can't be read.
        anomalies: found by ExampleValidator.
        gates: one a class.
        floor_on: `point` or `lower_bound`.
        blessed: the outcome.
        sentence: the outcome in words.
        model: name under which it is pushed.
        version: pushed version, None if not pushed.
        refused: why it was not pushed though the gate blessed it: refused when served, or
            rejected by a person; '' otherwise.
        approval: '' if none is asked for, else 'waiting', 'approved' or 'rejected'.
        audit: the data audit in one line.
        served: whether that version lies where a server sees it; a rollback may have withdrawn it.
        nodes: how each went.
        places: what → path, for the reader who wants to look.
    """

    run_id: str
    recipe: str
    overrides: list[str]
    data_folder: str
    data_fingerprint: str
    images: int
    unreadable: int
    anomalies: int
    gates: list[Gate]
    floor_on: str
    blessed: bool
    sentence: str
    model: str
    version: int | None
    served: bool = False
    refused: str = ""
    approval: str = ""
    audit: str = ""
    nodes: list[NodeRecord] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """Wall time of the nodes."""
        return sum(node.seconds for node in self.nodes)


def save(record: RunRecord, home: Home) -> Path:
    """Writes the record and returns its path."""
    path = home.runs / f"{record.run_id}.json"
    path.write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
    return path


def load_all(home: Home) -> list[RunRecord]:
    """Returns the records of a home, oldest first; a broken one is left out."""
    found = []
    for path in sorted(home.runs.glob("*.json")):
        try:
            found.append(_load(path))
        except (ValueError, TypeError, KeyError):
            continue  # half-written when the disk was full, or of another version
    return found


def usual_seconds(home: Home, recipe: str) -> dict[str, float]:
    """Returns how long each node of a recipe took when it last really ran."""
    seconds: dict[str, float] = {}
    for record in load_all(home):
        if record.recipe == recipe:
            seconds |= {node.node: node.seconds for node in record.nodes if not node.cached}
    return seconds


def _load(path: Path) -> RunRecord:
    values = json.loads(path.read_text(encoding="utf-8"))
    values["gates"] = [Gate(**gate) for gate in values["gates"]]
    values["nodes"] = [NodeRecord(**node) for node in values["nodes"]]
    return RunRecord(**values)
