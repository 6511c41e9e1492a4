"""The page of benchmarks shows the stored results, and a result that misses its target says so."""

import runpy
from types import SimpleNamespace

import pytest

from tests.paths import ROOT


@pytest.fixture(scope="module")
def run() -> SimpleNamespace:
    """What `benchmarks/run` defines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        return SimpleNamespace(**runpy.run_path(str(ROOT / "benchmarks" / "run")))


def test_the_page_is_that_of_the_stored_results(run: SimpleNamespace):
    text = run.PAGE.read_text()
    assert run.page(text) == text, "Run: .venv/bin/python benchmarks/run --table"


def test_every_planned_benchmark_exists(run: SimpleNamespace):
    assert [name for name in run.PLAN if not (ROOT / "benchmarks" / f"{name}.py").exists()] == []


@pytest.mark.parametrize(
    ("values", "target", "text"),
    [
        ([1.0, 3.0, 2.0], ["at most", 2.0], "2.00 (1.00-3.00), met: at most 2.0"),
        ([1.0, 3.0, 2.0], ["at most", 1.9], "2.00 (1.00-3.00), missed: at most 1.9"),
        ([0.5], ["at least", 0.6], "0.50, missed: at least 0.6"),
        ([0.5], None, "0.50"),
    ],
)
def test_a_figure_shows_its_spread_and_its_target(run: SimpleNamespace, values, target, text):
    assert run.described({"values": values, "target": target}) == text


def test_machines_stand_side_by_side(run: SimpleNamespace):
    def found(machine, value):
        result = {"values": [value], "target": None}
        return {"machine": machine, "commit": "abc", "python": "3.10.1", "date": "2026-01-02",
                "command": "benchmarks/startup.py", "results": {"help": result}}  # fmt: skip

    table = run.table([{"startup": found("A", 1.0)}, {"startup": found("B", 2.0)}])
    assert table.splitlines()[0] == "| figure | A | B |"
    assert table.splitlines()[-1] == "| help | 1.00 | 2.00 |"
