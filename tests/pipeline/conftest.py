"""Sample images, a home, and a record of a run as the summary and the lists show it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.home import Home
from pipeline.runs.records import Gate, NodeRecord, RunPaths, RunRecord
from pipeline.sample_data import write_sample_data


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample images of 12 patients a class, drawn once: a test must not change them."""
    folder = tmp_path_factory.mktemp("films") / "phantoms"
    write_sample_data(folder, patients_per_class=12, size=32)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with its folder of runs; the brackets are neither markup nor a pattern."""
    found = Home(tmp_path / "home [one]")
    found.runs.mkdir(parents=True)
    return found


@pytest.fixture(params=["disk", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder for what outlives a run: on a disk, and in object storage."""
    return str(tmp_path) if request.param == "disk" else request.getfixturevalue("bucket")


def gate(label: str = "COVID", **changes: object) -> Gate:
    values: dict[str, Any] = {
        "cases": 40,
        "hits": 36,
        "recall": 0.9,
        "low": 0.77,
        "high": 0.96,
        "floor": 0.6,
        "precision": 0.88,
        "specificity": 0.94,
        "f1": 0.89,
        "auc": 0.97,
        "patients": 31,
        "specificity_low": 0.9,
        "specificity_high": 0.97,
        "baseline": 0.85,
    }
    return Gate(label, **values | changes)


@pytest.fixture
def make_gate() -> Callable[..., Gate]:
    return gate


@pytest.fixture
def make_record() -> Callable[..., RunRecord]:
    """A blessed run of two classes, pushed and served, with the given changes."""

    def make(**changes: object) -> RunRecord:
        values: dict = {
            "run_id": "20250101-120000",
            "recipe": "quickstart",
            "overrides": ["training.epochs=3"],
            "data_folder": "/data/films",
            "data_fingerprint": "0123456789abcdef0123",
            "images": 420,
            "unreadable": 3,
            "anomalies": 0,
            "gates": [gate("COVID"), gate("NORMAL", recall=0.7, low=0.55, high=0.82)],
            "floor_on": "lower_bound",
            "blessed": True,
            "sentence": "Blessed: every class is above its floor.",
            "model": "quickstart",
            "version": 1735732800,
            "served": True,
            "nodes": [NodeRecord("ImageExampleGen", False, 4.0), NodeRecord("Trainer", False, 8.4)],
            "paths": RunPaths(log="/home/runs/20250101-120000.log"),
        }
        return RunRecord(**values | changes)

    return make
