"""A real Orthanc, the PACS of the tests, on loopback and free ports.

It is not a stand-in; it lies here because more than one room starts it.
"""

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.databases import free_port

AE_TITLE = "ORTHANC"
_PROGRAM = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/sbin")
_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_PATIENCE_SECONDS = 60


class Orthanc:
    """One server and its storage; it can be killed and started again.

    Attributes:
        ae_title: its own.
        dicom_port: of its SCP.
        url: of its REST interface, without a slash at the end.
        dicom_web: of QIDO-RS, WADO-RS and STOW-RS.

    Args:
        folder: for storage, configuration and log.
        settings: of Orthanc's configuration, beside those below.
    """

    def __init__(self, folder: Path, **settings: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.ae_title, self._folder = AE_TITLE, folder
        self.dicom_port, self.http_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.dicom_web = f"{self.url}/dicom-web"
        self._process: subprocess.Popen | None = None
        configuration = {
            "Name": AE_TITLE,
            "StorageDirectory": str(folder / "storage"),
            "IndexDirectory": str(folder / "storage"),
            "Plugins": [str(_PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            "DicomAet": AE_TITLE,
            "DicomPort": self.dicom_port,
            "DicomCheckCalledAet": False,
            "DicomAlwaysAllowStore": True,
            "HttpPort": self.http_port,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomModalitiesInDatabase": True,
            "DicomScpTimeout": 30,
            "StableAge": 1,
            "SaveJobs": False,
            **settings,
        }
        (folder / "orthanc.json").write_text(json.dumps(configuration))

    # === Running ===

    def start(self) -> None:
        """Starts it, and waits until both ports answer."""
        with open(self._folder / "log", "ab") as log:
            command = [str(_PROGRAM), str(self._folder / "orthanc.json")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            assert self._process.poll() is None and time.monotonic() < end, self.log()
            try:
                self.get("/system")
                return
            except OSError:
                time.sleep(0.05)

    def kill(self) -> None:
        """Ends it at once, without a chance to finish anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log(self) -> str:
        """Returns what it has said."""
        return (self._folder / "log").read_text(errors="replace")

    # === Its REST interface ===

    def get(self, path: str) -> Any:
        """Returns the JSON of a GET."""
        return json.loads(self.read(path))

    def read(self, path: str) -> bytes:
        """Returns the bytes of a GET."""
        return self._call("GET", path)

    def post(self, path: str, content: Any) -> Any:
        """Returns the JSON of a POST of JSON, or of a file's bytes."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return json.loads(self._call("POST", path, body))

    def delete(self, path: str) -> None:
        """Sends a DELETE."""
        self._call("DELETE", path)

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self.url + path, body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as response:
                return response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error

    # === What tests do with it ===

    def upload(self, files: Iterable[Path]) -> list[str]:
        """Stores DICOM files; returns Orthanc's ids of the instances."""
        return [self.post("/instances", file.read_bytes())["ID"] for file in files]

    def add_modality(self, ae_title: str, port: int, name: str = "node") -> None:
        """Makes another node on loopback known, for `send` and C-MOVE."""
        body = json.dumps({"AET": ae_title, "Host": "127.0.0.1", "Port": port, "Timeout": 60})
        self._call("PUT", f"/modalities/{name}", body.encode())

    def send(self, ids: list[str], name: str = "node") -> None:
        """Sends instances (or studies) by C-STORE, and waits for the end."""
        job = {"Resources": ids, "Synchronous": True}
        self.post(f"/modalities/{name}/store", job)

    def tags(self, instance: str) -> dict[str, Any]:
        """Returns keyword → value of an instance."""
        return self.get(f"/instances/{instance}/simplified-tags")

    def instances_of(self, study_uid: str) -> list[str]:
        """Returns Orthanc's ids of all instances of a study."""
        query = {"Level": "Instance", "Query": {"StudyInstanceUID": study_uid}}
        return self.post("/tools/find", query)


def skip_without_orthanc() -> None:
    """Skips the test where Orthanc or its plugin for DICOMweb is missing."""
    if _PROGRAM is None or not _PLUGIN.exists():
        pytest.skip("Debian's orthanc and orthanc-dicomweb are not installed")


@contextmanager
def orthanc(folder: Path, **settings: Any) -> Iterator[Orthanc]:
    """Runs an Orthanc within the block."""
    skip_without_orthanc()
    server = Orthanc(folder, **settings)
    server.start()
    try:
        yield server
    finally:
        server.kill()  # to stop it properly takes three seconds
