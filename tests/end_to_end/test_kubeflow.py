"""A compiled package from the images to the pushed model, a process for each container."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import ml_metadata
import pytest

from components.nodes import BEAM_NODES, NODES
from components.runtime.stack import installed_stack
from pipeline.metadata.connection import connection
from pipeline.sample_data import write_sample_data
from tests.doubles.beam_engine import beam_engine, jobs_run
from tests.doubles.kfp_emulator import build_image, container_environment, run_package
from tests.doubles.kfp_package import parse
from tests.doubles.kfp_pod import Run
from tests.small_recipe import EPOCHS, OUT_OF_REACH, SMALL

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(1800)]

PATIENCE_SECONDS = 300


class Cluster:
    """An image, a volume, and the packages that run on them."""

    def __init__(self, folder: Path):
        self.folder, self.root = folder, folder / "volume"
        self.root.mkdir()
        self.image = build_image(folder / "image")
        write_sample_data(folder / "films", patients_per_class=40)
        self.beam_args: list[str] = []
        self.beam_jobs = 0
        self._packages: dict[tuple[str, ...], Path] = {}

    def compile(self, *overrides: str) -> Path:
        """Compiles the recipe by the command that a user types, unless it has been."""
        if overrides not in self._packages:
            out = self.folder / f"package-{len(self._packages)}.yaml"
            self._compile(out, *overrides)
            self._packages[overrides] = out
        return self._packages[overrides]

    def _compile(self, out: Path, *overrides: str) -> None:
        beam = f"platform.beam_args={json.dumps(self.beam_args)}"
        sets = [word for override in (*SMALL, beam, *overrides) for word in ("--set", override)]
        line = ["kubeflow", "compile", "quickstart", "-o", str(out), "--image", "medtfx:1"]
        line += ["--stack", str(installed_stack()), *sets]
        call = "from pipeline.cli.main import main; main()"
        subprocess.run(
            [sys.executable, "-c", call, *line],
            cwd=self.image,
            env=container_environment(self.image),
            check=True,
            capture_output=True,
        )

    def run(self, package: Path, *overrides: str, if_new: bool = False, **options) -> Run:
        """Runs a package on the volume."""
        parameters = self.parameters(*overrides, if_new=if_new)
        work = self.folder / "pods"
        return run_package(parse(package), parameters, work, self.environment, **options)

    def parameters(self, *overrides: str, if_new: bool = False) -> dict:
        """Returns the parameters of a run."""
        places = {"data": str(self.folder / "films"), "root": str(self.root)}
        return {**places, "overrides": list(overrides), "if_new": if_new}

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the containers."""
        address = f"sqlite:///{self.root}/metadata.sqlite"
        return container_environment(self.image, MEDTFX_MLMD=address, HOME=str(self.folder))

    def epochs_saved(self) -> int:
        """Returns how many epochs of an unfinished training are saved."""
        for path in (self.root / "checkpoints").glob("*/state.json"):
            return sum(map(len, json.loads(path.read_text())["history"].values()))
        return 0

    def versions(self) -> list[str]:
        """Returns the pushed versions."""
        return sorted(path.name for path in (self.root / "models" / "quickstart").glob("[0-9]*"))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    with beam_engine(made.environment, made.folder) as made.beam_args:
        yield made


@pytest.fixture(scope="module")
def first_run(cluster):
    """A run whose training is interrupted twice.

    First its pod vanishes, as on a machine that is taken away, and KFP starts another. Then the
    process of the training alone is killed, and its task starts another.
    """

    def kill_the_trainer(task: str, attempt: int, process: subprocess.Popen) -> None:
        if task != "trainer":
            return
        deadline = time.monotonic() + PATIENCE_SECONDS
        while cluster.epochs_saved() < 3 * attempt:
            assert process.poll() is None, "the Trainer ended before it could be killed"
            assert time.monotonic() < deadline, "no checkpoint appeared"
            time.sleep(0.05)
        os.kill(process.pid if attempt == 1 else child_of(process.pid), signal.SIGKILL)

    run = cluster.run(cluster.compile(), watch=kill_the_trainer)
    cluster.beam_jobs = jobs_run(cluster.folder)
    return run


def child_of(process: int) -> int:
    (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(child)


def cached(run: Run) -> set[str]:
    """Returns the nodes that were taken from the cache."""
    logs = "".join(attempt.log for attempt in run.attempts)
    return set(re.findall(r"(\w+) is taken from the cache", logs))


def loaded_tensorflow(run: Run) -> list[str]:
    """Returns the tasks that loaded TensorFlow."""
    return [attempt.task for attempt in run.attempts if "TensorFlow and TFX loaded" in attempt.log]


def test_a_killed_node_is_retried_and_the_model_is_blessed_and_pushed(cluster, first_run):
    assert first_run.failed is None, first_run.attempts[-1].log[-4000:]
    trainer = [(a.number, a.code) for a in first_run.attempts if a.task == "trainer"]
    assert trainer == [(1, -signal.SIGKILL), (2, 0)]
    log = first_run.log("trainer")
    assert "Trainer was killed by signal 9. It starts again in 0 s: attempt 2 of 2." in log
    (history,) = cluster.root.glob("artifacts/quickstart/Trainer/model_run/*/history.json")
    assert len(json.loads(history.read_text())["head"]) == EPOCHS
    assert cluster.epochs_saved() == 0

    (version,) = cluster.versions()
    log = first_run.log("pusher")
    assert "Blessed: " in log and f"Pushed as version {version} of quickstart, unsigned." in log
    # The summary table counts the time of the nodes before, from ML Metadata.
    seconds = re.search(r"(\d+) s in the nodes", log)
    assert seconds and int(seconds[1]) > 0


def test_the_nodes_on_beam_leave_their_work_to_its_job_server(cluster, first_run):
    # Transform gives two: TFX's own builds the graph, ours runs it over the images.
    assert cluster.beam_jobs == len(BEAM_NODES) + 1


def test_kfp_shows_the_verdict(first_run):
    page = first_run.artifacts["evaluator", "verdict"].read_text()
    assert page.startswith("# Blessed\n")
    assert all(f"| {name} |" in page for name in ("COVID", "NORMAL", "PNEUMONIA"))
    metrics = first_run.metadata["evaluator", "gate"]
    assert metrics["blessed"] == 1.0
    assert 0 < metrics["COVID low"] < metrics["COVID recall"] <= 1
    assert 0 <= metrics["COVID margin"] < 1
    assert json.loads(first_run.artifacts["evaluator", "gate"].read_text()) == metrics
    matrix = first_run.metadata["evaluator", "confusion_matrix"]["confusionMatrix"]
    assert len(matrix["annotationSpecs"]) == len(matrix["rows"]) == 3


@pytest.mark.parametrize("task", ["image-example-gen", "pusher"])
def test_kfp_shows_the_web_pages(first_run, task):
    assert first_run.artifacts[task, "page"].read_text().lstrip().startswith("<!")


def test_kfp_s_lists_show_names_for_what_tfx_wrote(cluster, first_run):
    config = connection(f"sqlite:///{cluster.root}/metadata.sqlite")
    store = ml_metadata.MetadataStore(config)
    executions = store.get_executions()
    assert {e.custom_properties["display_name"].string_value for e in executions} >= {
        "ImageExampleGen",
        "Trainer",
        "Pusher",
    }
    artifacts = store.get_artifacts_by_type("Model")
    assert artifacts[0].custom_properties["display_name"].string_value == "Trainer model"


def test_what_nodes_write_is_not_for_everybody(cluster, first_run):
    # What Beam's workers write below these folders has the permissions that their pool gives.
    written = [path for path in cluster.root.rglob("*") if not set(BEAM_NODES) & {*path.parts[:-1]}]
    assert len(written) > 50
    assert not [path for path in written if path.stat().st_mode & 0o027]


def test_each_log_says_which_node_it_is_and_how_it_went(first_run):
    for attempt in first_run.attempts:
        if attempt.code == 0:
            assert f" of quickstart, run {first_run.run_id}" in attempt.log
            assert re.search(r" took \d+\.\d s", attempt.log)
        assert "Traceback" not in attempt.log
    assert "epochs" in first_run.log("trainer") or "batches" in first_run.log("trainer")


def test_the_last_node_confirms_what_the_training_saw_and_nothing_is_new_then(cluster, first_run):
    run = cluster.run(cluster.compile(), if_new=True)
    assert [attempt.task for attempt in run.attempts] == ["retraining"]
    assert "Declined: no new image since the training of " in run.log("retraining")
    assert "whose model was blessed." in run.log("retraining")
    assert not list(cluster.root.glob("artifacts/quickstart/training-*.json"))


def test_a_second_run_comes_from_the_cache_and_fails_at_a_missed_gate(cluster, first_run):
    before = cluster.versions()
    run = cluster.run(cluster.compile("platform.gate_failure=fail"), *OUT_OF_REACH)
    assert run.failed == "pusher"
    assert [a.code for a in run.attempts if a.task == "pusher"] == [3]
    # Another floor is nothing to the nodes before the Evaluator.
    assert cached(run) >= {
        "ImageExampleGen",
        "StatisticsGen",
        "SchemaGen",
        "ExampleValidator",
        "DataAudit",
        "Transform",
        "Trainer",
    }
    # The first task builds the pipeline of these overrides; the others find it.
    assert loaded_tensorflow(run) == ["image-example-gen", "evaluator", "pusher"]
    log = run.log("pusher")
    assert "NOT blessed: " in log and "Nothing was pushed." in log
    assert "Nothing pushed: not blessed." in run.log("pusher")
    assert run.artifacts["evaluator", "verdict"].read_text().startswith("# NOT blessed: nothing")
    assert run.metadata["evaluator", "gate"]["blessed"] == 0.0
    assert run.metadata["evaluator", "gate"]["COVID margin"] < 0
    assert cluster.versions() == before

    # The other choice, on the same run: as KFP's retry of a failed run would start it.
    retried = cluster.run(cluster.compile(), *OUT_OF_REACH, again=run)
    assert retried.failed is None
    assert [a.task for a in retried.attempts] == ["pusher"]
    assert "NOT blessed: " in retried.log("pusher")
    assert cluster.versions() == before


def test_a_run_that_is_all_in_the_cache_loads_no_tensorflow(cluster, first_run):
    run = cluster.run(cluster.compile())
    assert run.failed is None, run.attempts[-1].log[-4000:]
    assert loaded_tensorflow(run) == []
    assert cached(run) == {*NODES} - {"StatisticsBaseline", "Baseline", "Approval"}
    before, now = (one.artifacts["evaluator", "verdict"].read_text() for one in (first_run, run))
    assert before == now
    assert run.artifacts["pusher", "page"].read_text().lstrip().startswith("<!")
    assert "Blessed: " in run.log("pusher")


def test_a_users_mistake_is_one_sentence_in_the_log_of_the_first_task(cluster):
    run = cluster.run(cluster.compile(), "data.classes=[COVID, NORMAL]")
    assert run.failed == "retraining"
    log = run.log("retraining")
    assert "Error: " in log and "PNEUMONIA" in log
    assert "Traceback" not in log
