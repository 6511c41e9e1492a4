"""Orthanc, a model server and a node, each a process that can be killed at any moment."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO

from tests.doubles.databases import free_port
from tests.doubles.orthanc import Orthanc, orthanc
from tests.paths import ROOT

NODE = "MEDTFX"
MEDTFX = (sys.executable, "-W", "ignore", "-c", "from pipeline.cli.main import main; main()")
_PATIENCE_SECONDS = 120
_QUEUES = ("images", "studies", "studies to send")


class Process:
    """A command that can be killed and started again.

    Attributes:
        process: the one that runs.

    Args:
        command: after `medtfx`.
        log: file of what it says.
        url: answers with 200 once it works.
    """

    def __init__(self, command: Sequence[object], log: Path, url: str) -> None:
        self._command, self._log, self._url = [*MEDTFX, *map(str, command)], log, url
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Starts it; `wait` says when it works."""
        environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        with open(self._log, "ab") as log:
            self.process = subprocess.Popen(
                self._command, stdout=log, stderr=log, env=environment, cwd=self._log.parent
            )

    def wait(self) -> None:
        """Waits until it works."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while not self.works():
            assert self.process and self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.1)

    def works(self) -> bool:
        """Whether it answers."""
        with contextlib.suppress(OSError), urllib.request.urlopen(self._url, timeout=5):
            return True
        return False

    def kill(self) -> None:
        """Ends it at once, without a chance to finish anything."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log(self) -> str:
        """Returns what it has said."""
        return self._log.read_text(errors="replace")


@dataclass(frozen=True)
class Trial:
    """The three processes.

    Attributes:
        pacs: sends the images, and gets the results.
        server: the model's.
        node: between them.
        page: address of the node's HTTP port.
        address: of the model's server.
    """

    pacs: Orthanc
    server: Process
    node: Process
    page: str
    address: str

    def send(self, ids: list[str]) -> None:
        """Lets the PACS send instances to the node, again and again until all have arrived."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self.pacs.send(ids, "node")
                return
            except (OSError, AssertionError):  # one of the two is being killed
                assert time.monotonic() < end, self.node.log()
                time.sleep(0.2)

    def metric(self, name: str) -> float:
        """Returns a figure of the node's metrics; infinity while it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.page}/metrics", timeout=10) as response:
                text = response.read().decode()
        except OSError:
            return float("inf")
        return float(next(line for line in text.splitlines() if line.startswith(name)).split()[-1])

    def wait(self, seconds: float = 600) -> None:
        """Waits until nothing waits in the node."""
        end = time.monotonic() + seconds
        names = [f'medtfx_dicom_queue{{of="{of}"}}' for of in _QUEUES]
        while any(map(self.metric, names)):
            assert time.monotonic() < end, self.node.log()[-5000:]
            time.sleep(0.3)

    def answers(self) -> tuple[Counter, Counter]:
        """Returns how often each study has a report, and how often each image is in one."""
        studies: Counter = Counter()
        images: Counter = Counter()
        query = {"Level": "Instance", "Query": {"Modality": "SR"}}
        for instance in self.pacs.post("/tools/find", query):
            report = dcmread(DicomBytesIO(self.pacs.read(f"/instances/{instance}/file")))
            studies[str(report.StudyInstanceUID)] += 1
            for study in report.CurrentRequestedProcedureEvidenceSequence:
                for series in study.ReferencedSeriesSequence:
                    images.update(
                        str(one.ReferencedSOPInstanceUID) for one in series.ReferencedSOPSequence
                    )
        return studies, images


@contextlib.contextmanager
def trial(folder: Path, base: Path, quiet_seconds: int = 4, **dicom: object) -> Iterator[Trial]:
    """Runs the three within the block.

    Args:
        folder: for everything that they write.
        base: of the models; one is called `tiny`.
        quiet_seconds: of the recipe.
        dicom: more of the section `dicom`.
    """
    ports = {name: free_port() for name in ("grpc", "rest", "dicom", "http")}
    page = f"http://127.0.0.1:{ports['http']}"
    with orthanc(folder / "orthanc") as pacs:
        to = {"ae_title": pacs.ae_title, "host": "127.0.0.1", "port": pacs.dicom_port}
        recipe = {
            "extends": "quickstart", "name": "tiny", "summary": "bright or dark",
            "data": {"classes": ["dark", "bright"]},
            "dicom": {"quiet_seconds": quiet_seconds, "destination": to, **dicom},
        }  # fmt: skip
        (folder / "tiny.yaml").write_text(yaml.safe_dump(recipe))
        server = Process(
            ["serve", "--model-base", base, "--port", ports["grpc"], "--rest-port", ports["rest"]],
            folder / "server.log",
            f"http://127.0.0.1:{ports['rest']}/v1/models/tiny",
        )
        node = Process(
            ["dicom-node", folder / "tiny.yaml", "--server", f"127.0.0.1:{ports['grpc']}",
             "--model-base", base, "--home", folder / "home", "--port", ports["dicom"],
             "--http-port", ports["http"], "--ae-title", NODE],
            folder / "node.log",
            f"{page}/healthz",
        )  # fmt: skip
        pacs.add_modality(NODE, ports["dicom"], "node")
        with contextlib.ExitStack() as stack:
            for process in (server, node):
                stack.callback(process.kill)
                process.start()
            for process in (server, node):
                process.wait()
            yield Trial(pacs, server, node, page, f"127.0.0.1:{ports['grpc']}")
