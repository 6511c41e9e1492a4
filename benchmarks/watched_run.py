"""Runs `medtfx run`, and says what each of its nodes took."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from phantoms import PATIENT
from watched_process import MEDTFX, Watched, watch

from pipeline.sample_data import CLASSES

REST = "imports, listing, compilation"


@dataclass(frozen=True)
class Node:
    """What a node took.

    Attributes:
        seconds: wall time.
        cpu: seconds of the processor, of all processes.
        memory: most MB of all processes meanwhile; what earlier nodes left in memory counts.
        disk: bytes of what it wrote.
        cached: whether an earlier result was used.
    """

    seconds: float
    cpu: float
    memory: float
    disk: int
    cached: bool


@dataclass(frozen=True)
class Run:
    """A finished run: the whole process, and its nodes by name."""

    process: Watched
    nodes: dict[str, Node]
    record: dict[str, Any]

    @property
    def rest(self) -> float:
        """Wall seconds outside of the nodes."""
        return self.process.seconds - sum(node.seconds for node in self.nodes.values())


def recipe(epochs: int, **data: Any) -> dict[str, Any]:
    """Returns the recipe that does what `plain_keras.py` does.

    Args:
        epochs: all of them are trained.
        data: further values of that section.
    """
    return {
        "name": "phantoms",
        "summary": "A frozen MobileNetV2 0.35 on phantoms",
        "data": {
            "classes": list(CLASSES),
            "image_size": 224,
            "patient": {"from": "filename", "regex": PATIENT},
            **data,
        },
        "model": {"backbone": "mobilenet_v2", "alpha": 0.35, "dropout": 0.2},
        "training": {
            "epochs": epochs,
            "early_stopping": {"patience": epochs},
            "balance": "none",
            "schedule": "constant",
            "augmentation": {"zoom": 0.1, "rotation": 0.04},
        },
        # Bounds that are always met: the push is part of the work.
        "evaluation": {"recall_floor": 1e-9, "floor_on": "point", "allowed_drop": None},
        "audit": {"leaks": "report"},  # of thousands of phantoms some look alike
    }


def write_recipe(values: dict[str, Any], folder: str | Path) -> Path:
    """Writes a recipe into a folder and returns its path."""
    path = Path(folder, "phantoms.yaml")
    path.write_text(yaml.safe_dump(values))
    return path


def medtfx_run(recipe: Path, images: Path, home: str | Path, *more: Any) -> Run:
    """Runs `medtfx run` in a process of its own; the home may hold earlier runs.

    Args:
        recipe: path of it.
        images: the data folder.
        home: of medtfx.
        more: arguments.
    """
    before = _newest_execution(Path(home))
    found = watch([*MEDTFX, "run", recipe, "--data", images, "--home", home, *more], (0, 3))
    record = json.loads(max(Path(home, "runs").glob("*.json")).read_text())
    windows = _windows(Path(home), before)
    if len(windows) != len(record["nodes"]):
        raise SystemExit(f"{len(windows)} executions of {len(record['nodes'])} nodes.")
    nodes = {}
    for node, (execution, start, end) in zip(record["nodes"], windows, strict=True):
        cpu, memory = found.between(start, end)
        disk = 0 if node["cached"] else _bytes(Path(home, "artifacts"), node["node"], execution)
        nodes[node["node"]] = Node(node["seconds"], cpu, memory, disk, node["cached"])
    return Run(found, nodes, record)


def _newest_execution(home: Path) -> int:
    return max((execution for execution, _, _ in _windows(home, 0)), default=0)


def _windows(home: Path, after: int) -> Sequence[tuple[int, float, float]]:
    """Returns id, start and end of each execution that ML Metadata holds after one."""
    database = home / "metadata.sqlite"
    if not database.exists():
        return []
    with sqlite3.connect(database) as connection:
        return connection.execute(
            "SELECT id, create_time_since_epoch / 1e3, last_update_time_since_epoch / 1e3"
            " FROM Execution WHERE id > ? ORDER BY id", (after,),
        ).fetchall()  # fmt: skip


def _bytes(artifacts: Path, node: str, execution: int) -> int:
    files = artifacts.glob(f"*/{node}/*/{execution}/**/*")
    return sum(file.stat().st_size for file in files if file.is_file())
