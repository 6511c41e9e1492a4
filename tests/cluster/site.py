"""Where the suite runs: a live Kubeflow Pipelines, or the emulator that stands for it in CI.

A test asks a `Site` for everything; only what an emulator has nothing of (machines, images, other
users) is left to a cluster. The environment variables are in `tests/cluster/README.md`.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

import kubeflow
from components.runtime.stack import installed_stack
from components.storage import s3
from kubeflow.cli.options import ConnectionOptions
from pipeline.sample_data import write_sample_data
from tests.command_line import medtfx
from tests.doubles.databases import mariadb
from tests.doubles.kfp_cluster import RunningServer
from tests.doubles.s3_server import s3_server
from tests.small_recipe import OUT_OF_REACH, SMALL

ENDPOINT = "MEDTFX_TEST_KFP"
FEW_EPOCHS = 3
UNREACHABLE = json.dumps(OUT_OF_REACH)
# Run in a pod, whose image has no pkill.
_KILL = """
import pathlib, os
for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    if int(path.parent.name) != os.getpid() and b"kubeflow.node.worker" in path.read_bytes():
        os.kill(int(path.parent.name), 9)
"""
PATIENCE_SECONDS = 1800
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Ended:
    """A run that has ended: its id, and what `status --watch` returned and printed."""

    run_id: str
    code: int
    text: str


@dataclass(frozen=True)
class Elsewhere:
    """A place beside the volume and the first ML Metadata: object storage, and a MySQL.

    Attributes:
        address: folder at s3://, for this suite alone.
        root: where artifacts go.
    """

    address: str
    root: str

    @property
    def platform(self) -> list[str]:
        """Overrides of the recipe's section `platform`, with the secrets of kubeflow/manifests."""
        names = ("AWS_ENDPOINT_URL", "AWS_REGION")
        server = {name: os.environ[name] for name in names if name in os.environ}
        keys = {
            "AWS_ACCESS_KEY_ID": "access-key-id",
            "AWS_SECRET_ACCESS_KEY": "secret-access-key",
        }
        secrets = [
            {"name": "medtfx-metadata", "env": {"MEDTFX_MLMD": "uri"}},
            {"name": "medtfx-patient-key", "env": {"MEDTFX_PATIENT_KEY": "key"}},
            {"name": "medtfx-s3", "env": keys},
        ]
        return [
            f"platform.env={json.dumps(server)}",
            f"platform.secrets={json.dumps(secrets)}",
            "platform.beam_args=[]",  # the emulator's pool of workers has no credentials
        ]


class Site(ABC):
    """A Kubeflow Pipelines, its image, and a volume that is mounted in every node.

    Attributes:
        work: folder on the volume, as the nodes see it, for this suite alone.
        image: of the nodes.
        stack: in the image.
        platform: overrides of the recipe's section `platform`.
        interval: seconds between two queries of a run's state.
    """

    work: str
    image: str
    stack: str
    platform: list[str]
    interval: float

    def __init__(self, folder: Path):
        self._folder = folder
        self._packages: dict[tuple[str, ...], Path] = {}

    @property
    def root(self) -> str:
        """Where artifacts go."""
        return f"{self.work}/medtfx"

    @abstractmethod
    def put(self, folder: Path, name: str) -> None:
        """Copies a folder of this machine to the volume."""

    @abstractmethod
    def shell(self, script: str) -> str:
        """Runs a script where the volume is mounted, and returns what it printed."""

    @abstractmethod
    def delete_pod(self, run_id: str, task: str) -> None:
        """Takes the pod of a task away, as a machine does that fails."""

    @abstractmethod
    def kill_process(self, run_id: str, task: str) -> None:
        """Kills the process that works in the pod of a task, as a machine without memory does."""

    @abstractmethod
    def log(self, run_id: str, task: str) -> str:
        """Returns what the last pods of a task logged."""

    @abstractmethod
    def elsewhere(self) -> Elsewhere:
        """Returns object storage that the nodes reach, with a MySQL; skips where there is none."""

    @abstractmethod
    def only_on_a_cluster(self, why: str) -> None:
        """Skips a test of which the emulator has nothing."""

    def medtfx(self, *line: object) -> tuple[int, str]:
        """Runs `medtfx kubeflow ...`; returns exit code and output."""
        code, out, err = medtfx("kubeflow", *line)
        assert "Traceback" not in out + err
        return code, out + err

    def package(self, *sets: str, image: str = "") -> Path:
        """Compiles the quickstart, as a user does, unless it has been."""
        key = (image, *sets)
        if key not in self._packages:
            out = self._folder / f"package-{len(self._packages)}.yaml"
            words = [word for one in (*SMALL, *self.platform, *sets) for word in ("--set", one)]
            line = ["compile", "quickstart", "-o", out, "--image", image or self.image]
            code, text = self.medtfx(*line, "--stack", self.stack, *words)
            assert code == 0, text
            self._packages[key] = out
        return self._packages[key]

    def parameters(self, **changes: str) -> list[str]:
        """Returns the parameters of a run, as words of a command."""
        values = {"data": f"{self.work}/films", "root": self.root} | changes
        return [word for name, value in values.items() for word in ("--param", f"{name}={value}")]

    def submit(self, package: Path, **changes: str) -> str:
        """Starts a run and returns its id."""
        code, text = self.medtfx("submit", package, *self.parameters(**changes))
        assert code == 0, text
        found = re.search(r"run ([0-9a-f-]{36})", text)
        assert found, text
        return found[1]

    def watch(self, run_id: str) -> Ended:
        """Follows a run to its end."""
        line = ["status", run_id, "--watch", "--interval", self.interval]
        return Ended(run_id, *self.medtfx(*line))

    def retry(self, run_id: str) -> Ended:
        """Repeats a run from the task that failed, as KFP's button *Retry* does."""
        connection = ConnectionOptions().open()
        connection.call("retry the run", "POST", f"/runs/{run_id}:retry")
        return self.watch(run_id)

    def status(self, run_id: str) -> str:
        """Returns what `medtfx kubeflow status` prints."""
        code, text = self.medtfx("status", run_id)
        assert code == 0, text
        return text

    def wait(self, run_id: str, until: Callable[[], object], what: str) -> None:
        """Waits while a run goes on."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not until():
            status = self.status(run_id)
            assert not re.search(r": (SUCCEEDED|FAILED|STOPPED), ", status), status
            assert time.monotonic() < deadline, f"{what} did not come: {status}"
            time.sleep(_POLL_SECONDS)

    def epochs_saved(self) -> int:
        """Returns how many epochs of an unfinished training are saved."""
        text = self.shell(f"cat {self.root}/checkpoints/*/state.json 2>/dev/null || true")
        return sum(map(len, json.loads(text)["history"].values())) if text else 0

    def versions(self) -> list[str]:
        """Returns the pushed versions."""
        return self.shell(f"ls {self.root}/models/quickstart 2>/dev/null || true").split()


class Emulator(Site):
    """The emulator behind its REST API; the nodes are processes of this machine.

    Attributes:
        server: the emulator.
        metadata: address of ML Metadata.
    """

    def __init__(self, folder: Path, server: RunningServer, beam_args: list[str], metadata: str):
        super().__init__(folder)
        self.server, self.metadata = server, metadata
        self.work, self.interval = str(folder / "volume"), 0.2
        self.image, self.stack = "medtfx:1", str(installed_stack())
        self.platform = [f"platform.beam_args={json.dumps(beam_args)}"]
        self._servers = ExitStack()
        Path(self.work).mkdir()

    def put(self, folder: Path, name: str) -> None:
        os.rename(folder, f"{self.work}/{name}")

    def shell(self, script: str) -> str:
        return subprocess.run(
            ["sh", "-c", script], check=True, capture_output=True, text=True
        ).stdout

    def delete_pod(self, run_id: str, task: str) -> None:
        self.server.processes[run_id, task].kill()

    def kill_process(self, run_id: str, task: str) -> None:
        pod = self.server.processes[run_id, task].pid
        for child in Path(f"/proc/{pod}/task/{pod}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    def log(self, run_id: str, task: str) -> str:
        return "\n".join(self.server.logs_of(run_id, task))

    def elsewhere(self) -> Elsewhere:
        database = self._servers.enter_context(mariadb())
        self._servers.enter_context(s3_server()).create_bucket(Bucket="suite")
        self.server.secrets = {
            "medtfx-metadata": {"uri": database},
            "medtfx-patient-key": {"key": "0123456789abcdef" * 4},
            "medtfx-s3": {
                "access-key-id": os.environ["AWS_ACCESS_KEY_ID"],
                "secret-access-key": os.environ["AWS_SECRET_ACCESS_KEY"],
            },
        }
        # TensorFlow writes to s3:// on the stack `wide` alone.
        root = "s3://suite/work" if self.stack == "wide" else f"{self.work}/elsewhere"
        return Elsewhere("s3://suite", root)

    def close(self) -> None:
        """Stops what `elsewhere` started."""
        self._servers.close()

    def only_on_a_cluster(self, why: str) -> None:
        pytest.skip(f"{ENDPOINT} is not set, and the emulator has no {why}")


class Cluster(Site):
    """A live Kubeflow Pipelines, with kubectl for what KFP's API does not do."""

    def __init__(self, folder: Path):
        super().__init__(folder)
        setting = os.environ.get
        self._namespace = setting(f"{ENDPOINT}_NAMESPACE", "kubeflow")
        self._claim = setting(f"{ENDPOINT}_CLAIM", "medtfx-work")
        self.image = setting(f"{ENDPOINT}_IMAGE", "")
        self.stack = setting(f"{ENDPOINT}_STACK", "current")
        assert self.image, f"{ENDPOINT}_IMAGE names the image of the nodes"
        self.work, self.interval = f"/volume/medtfx-suite-{int(time.time())}", 5.0
        self.platform = [f"platform.volumes=[{{claim: {self._claim}, path: /volume}}]"]
        self._s3 = setting(f"{ENDPOINT}_S3", "").rstrip("/")
        address = setting(f"{ENDPOINT}_MLMD", "kfp")
        self.platform.append(f"platform.env={{MEDTFX_MLMD: '{address}'}}")
        self._start_files_pod()

    def kubectl(self, *words: str) -> str:
        """Runs kubectl in the namespace of the pods, and returns what it printed."""
        line = ["kubectl", "--namespace", self._namespace, *words]
        done = subprocess.run(line, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(line)}: {done.stderr}"
        return done.stdout

    def put(self, folder: Path, name: str) -> None:
        self.shell(f"mkdir -p {self.work}")
        self.kubectl("cp", str(folder), f"{self._files}:{self.work}/{name}")

    def shell(self, script: str) -> str:
        return self.kubectl("exec", self._files, "--", "sh", "-c", script)

    def delete_pod(self, run_id: str, task: str) -> None:
        self.kubectl("delete", "pod", self._pods(run_id, task)[-1], "--force", "--grace-period=0")

    def kill_process(self, run_id: str, task: str) -> None:
        pod = self._pods(run_id, task)[-1]
        self.kubectl("exec", pod, "-c", "main", "--", "python", "-c", _KILL)

    def elsewhere(self) -> Elsewhere:
        if not self._s3:
            pytest.skip(f"{ENDPOINT}_S3 names no object storage")
        address = f"{self._s3}/{Path(self.work).name}"
        root = f"{address}/work" if self.stack == "wide" else f"{self.work}/elsewhere"
        return Elsewhere(address, root)

    def only_on_a_cluster(self, why: str) -> None:
        pass

    def log(self, run_id: str, task: str) -> str:
        pods = self._pods(run_id, task)
        return "\n".join(self.kubectl("logs", pod, "-c", "main") for pod in pods)

    def close(self) -> None:
        """Removes what the suite made."""
        self.shell(f"rm -rf {self.work}")
        self.kubectl("delete", "pod", self._files, "--wait=false")

    def _pods(self, run_id: str, task: str) -> list[str]:
        """Returns the pods of a task, the latest last; each is known by its arguments."""
        select = ["--selector", f"pipeline/runid={run_id}", "--sort-by=.metadata.creationTimestamp"]
        pods = json.loads(self.kubectl("get", "pods", *select, "-o", "json"))["items"]
        node = task.title().replace("-", "")
        word = "kubeflow.retraining" if task == "retraining" else node
        return [pod["metadata"]["name"] for pod in pods if f'"{word}"' in json.dumps(pod["spec"])]

    def _start_files_pod(self) -> None:
        """Starts the pod of kubeflow/manifests/files.yaml, under a name of its own."""
        manifest = Path(kubeflow.__file__).parent / "manifests" / "files.yaml"
        pod = yaml.safe_load(manifest.read_text())
        self._files = pod["metadata"]["name"] = f"medtfx-suite-{int(time.time())}"
        (volume,) = pod["spec"]["volumes"]
        volume["persistentVolumeClaim"]["claimName"] = self._claim
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump(pod, file)
            file.flush()
            self.kubectl("apply", "-f", file.name)
        self.kubectl("wait", "--for=condition=Ready", f"pod/{self._files}", "--timeout=5m")


def write_films(site: Site, folder: Path) -> None:
    """Writes the images of 40 patients a class onto the volume."""
    write_sample_data(folder / "films", patients_per_class=40)
    site.put(folder / "films", "films")


def upload_films(address: str, folder: Path) -> str:
    """Writes the same images to object storage, and returns their address."""
    write_sample_data(folder / "films", patients_per_class=40)
    for path in folder.rglob("*"):
        if path.is_file():
            s3.write_object(f"{address}/{path.relative_to(folder)}", path.read_bytes())
    return f"{address}/films"
