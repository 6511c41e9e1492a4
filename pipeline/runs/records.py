"""The record of a run: a small JSON file in `<home>/runs`."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from components.gate.results import ClassResult, Results
from components.recipe.evaluation import EvaluationSection
from components.runtime.exit_codes import ExitCode
from pipeline.home import Home


@dataclass(frozen=True)
class Gate(ClassResult):
    """The result of a class on the images that decide, and what it is compared with.

    Attributes:
        floor: lowest recall allowed, see `EvaluationSection.floor_on`; NaN if not known.
        baseline: recall of the latest blessed model; None without one.
    """

    floor: float
    baseline: float | None = None


@dataclass(frozen=True)
class NodeRecord:
    """A node of the run."""

    node: str
    cached: bool
    seconds: float


@dataclass(frozen=True)
class RunPaths:
    """Where the results of a run are: paths, or addresses of object storage; '' for none.

    Attributes:
        model: the pushed version.
        report: the page of the run.
        evaluation: folder of the Evaluator's results.
        tensorboard: folder of the training's event files.
        validation: folder of the ServingValidator's result, with the validated model.
        audit: the page of the data audit.
        quarantine: the list of files that were not used.
        log: what libraries printed.
    """

    model: str = ""
    report: str = ""
    evaluation: str = ""
    tensorboard: str = ""
    validation: str = ""
    audit: str = ""
    quarantine: str = ""
    log: str = ""


@dataclass(frozen=True)
class RunRecord:
    """A finished run.

    Attributes:
        run_id: time of the start, also the id of the pipeline run in ML Metadata.
        recipe: its name.
        recipe_file: absolute path of its file; '' for a recipe that comes with medtfx.
        overrides: what `--set` changed.
        data_folder: absolute.
        data_fingerprint: hex digest over names, sizes and times of the data files.
        images: number of images that were read.
        unreadable: number of images in quarantine because they can't be read.
        anomalies: number found by ExampleValidator.
        gates: one a class.
        floor_on: `point` or `lower_bound`.
        blessed: the verdict of the gate.
        sentence: the verdict in words.
        model: name under which it is pushed.
        version: pushed version, None if not pushed.
        refused: why a blessed model was not pushed: the ServingValidator refused it, or a person
            rejected it; '' otherwise.
        approval: '' if the recipe requires none, else 'waiting', 'approved' or 'rejected'.
        audit: the data audit in one line.
        taken_over: number of images that an earlier run has read, unchanged since.
        not_used: number of files that were not used, by suffix and reason; '' if there are none.
        signed: whether the site's key signed it.
        served: whether a server sees that version; a rollback may have withdrawn it.
        judged_on: the images that decided, in words.
        nodes: time of each.
        paths: where the results are.
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
    recipe_file: str = ""
    signed: bool = False
    served: bool = False
    judged_on: str = "the test split"
    refused: str = ""
    approval: str = ""
    audit: str = ""
    not_used: str = ""
    taken_over: int = 0
    nodes: list[NodeRecord] = field(default_factory=list)
    paths: RunPaths = field(default_factory=RunPaths)

    @property
    def seconds(self) -> float:
        """Wall time of the nodes."""
        return sum(node.seconds for node in self.nodes)

    @property
    def exit_code(self) -> ExitCode:
        """How the command that made the run ends."""
        if not self.blessed or self.refused:
            return ExitCode.NOT_BLESSED
        return ExitCode.UNAPPROVED if self.approval == "waiting" else ExitCode.OK


def class_gates(results: Results, evaluation: EvaluationSection | None) -> list[Gate]:
    """Returns the result of each class beside its floor.

    Args:
        results: of the Evaluator.
        evaluation: the recipe's section; None if it is not known.
    """
    return [
        Gate(
            **asdict(result),
            floor=evaluation.floor(result.label) if evaluation else float("nan"),
            baseline=results.baseline.get(result.label),
        )
        for result in results.classes
    ]


# === The files ===


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
    """Returns how long each node of a recipe took when it last was not taken from the cache."""
    seconds: dict[str, float] = {}
    for record in load_all(home):
        if record.recipe == recipe:
            seconds |= {node.node: node.seconds for node in record.nodes if not node.cached}
    return seconds


def _load(path: Path) -> RunRecord:
    values = json.loads(path.read_text(encoding="utf-8"))
    values["gates"] = [Gate(**gate) for gate in values["gates"]]
    values["nodes"] = [NodeRecord(**node) for node in values["nodes"]]
    values["paths"] = RunPaths(**values["paths"])
    return RunRecord(**values)
