"""A user's machine: a home, phantoms, and the command line."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.runtime.errors import MedtfxError
from pipeline.cli.main import app
from pipeline.home import Home
from pipeline.runs.records import RunRecord, load_all
from pipeline.sample_data import write_sample_data
from tests.end_to_end.annotated import annotate
from tests.paths import ROOT

_PATIENCE_SECONDS = 240
# Small enough for a minute a run, large enough to learn.
SMALL = (
    "data.split_seed=20",
    "training.epochs=25",
    "training.early_stopping.patience=25",
    "evaluation.recall_floor=0.3",
    "evaluation.allowed_drop=0.6",
)


@dataclass(frozen=True)
class Machine:
    """A checkout, a home and a data folder."""

    source: Path
    home: Home
    data: Path

    def command(self, *arguments: str) -> list[str]:
        """Returns the command line of medtfx, run from this machine's checkout."""
        call = "from pipeline.cli.main import main; main()"
        return [sys.executable, "-c", call, *arguments, "--home", str(self.home.root)]

    def run_command(self, *sets: str, recipe: str = "quickstart") -> list[str]:
        """Returns the command line of `medtfx run`."""
        overrides = [part for value in (*SMALL, *sets) for part in ("--set", value)]
        return self.command("run", recipe, "--data", str(self.data), *overrides)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its processes."""
        return {**os.environ, "PYTHONPATH": str(self.source), "COLUMNS": "120"}

    def medtfx(self, command: list[str], *expected: int) -> str:
        """Runs a command to its end and returns what it printed.

        Args:
            command: of `command` or `run_command`.
            *expected: exit codes that are right; 0 if none is given.
        """
        done = subprocess.run(
            command, env=self.environment, cwd=self.source, capture_output=True, text=True
        )
        assert done.returncode in (expected or (0,)), done.stdout + done.stderr + self._log_tail()
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr

    def kill_when(self, command: list[str], condition: Callable[[], object]) -> None:
        """Starts a command, and kills it as soon as a condition holds."""
        process = subprocess.Popen(
            command,
            env=self.environment,
            cwd=self.source,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        try:
            while not condition():
                assert process.poll() is None, "it ended before it could be killed"
                assert time.monotonic() < deadline, f"not within {_PATIENCE_SECONDS} s"
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()

    def here(self, *arguments: str, code: int = 0) -> str:
        """Runs a command that trains nothing in this process, and returns what it printed."""
        line = [*arguments, "--home", str(self.home.root)]
        done = CliRunner().invoke(app, line, env={"COLUMNS": "120"})
        text = done.output
        if isinstance(done.exception, MedtfxError):  # `main` prints it
            text += f"Error: {done.exception}"
        elif done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, text
        return text

    def last_record(self) -> RunRecord:
        """Returns the record of the latest run."""
        return load_all(self.home)[-1]

    def cached(self) -> dict[str, bool]:
        """Returns node → whether the latest run took it from the cache."""
        return {node.node: node.cached for node in self.last_record().nodes}

    def versions(self, model: str = "quickstart") -> list[int]:
        """Returns the pushed versions that a server sees."""
        folder = self.home.models / model
        return sorted(int(path.name) for path in folder.glob("[0-9]*"))

    def latest(self, node: str, output: str) -> Path:
        """Returns the folder of the latest artifact of the quickstart."""
        folder = self.home.artifacts / "quickstart" / node / output
        return max(folder.iterdir(), key=lambda path: int(path.name))

    def splits(self) -> dict[str, str]:
        """Returns file name → split, from the examples of the latest run."""
        import tensorflow as tf

        found = {}
        for path in self.latest("ImageExampleGen", "examples").glob("Split-*/*.gz"):
            for record in tf.data.TFRecordDataset(str(path), "GZIP").as_numpy_iterator():
                feature = tf.train.Example.FromString(record).features.feature
                name = feature["filename"].bytes_list.value[0].decode()
                assert name not in found, f"{name} stands in two splits"
                found[name] = path.parent.name.removeprefix("Split-")
        return found

    @property
    def first_output(self) -> str:
        """What the first run printed."""
        return (self.data.parent / "first.txt").read_text()

    def _log_tail(self) -> str:
        logs = sorted(self.home.runs.glob("*.log"))
        return logs[-1].read_text(errors="replace")[-4000:] if logs else ""


@pytest.fixture(scope="session")
def trained_machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with phantoms of 40 patients a class, after the first run of the quickstart.

    Every module begins with it as it was then, so that its runs find their nodes in the cache.
    """
    root = tmp_path_factory.mktemp("machine")
    for package in ("components", "pipeline", "serving"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, root / "source" / package, ignore=ignore)
    write_sample_data(root / "data", patients_per_class=40)
    annotate(root / "data")
    machine = Machine(root / "source", Home.at(str(root / "home")), root / "data")
    (root / "first.txt").write_text(machine.medtfx(machine.run_command()))
    for folder in ("home", "data"):
        _copy(root / folder, root / f"{folder}-as-it-was")
    return machine


@pytest.fixture(scope="module")
def machine(trained_machine: Machine) -> Machine:
    """The machine after its first run."""
    root = trained_machine.data.parent
    for folder in ("home", "data"):
        shutil.rmtree(root / folder)
        _copy(root / f"{folder}-as-it-was", root / folder)
    return trained_machine


def _copy(source: Path, target: Path) -> None:
    """Copies a folder; what nobody writes into again is linked, with its time."""
    written = {".sqlite", ".json", ".log", ".yaml"}

    def copy(one: str, other: str) -> str:
        if Path(one).suffix in written and "artifacts" not in Path(one).parts:
            return str(shutil.copy2(one, other))
        os.link(one, other)
        return other

    shutil.copytree(source, target, copy_function=copy)
