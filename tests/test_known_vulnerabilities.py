"""No lock names a package with a known vulnerability that docs/security.md does not explain."""

import json
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.paths import ROOT

PAGE = ROOT / "docs" / "security.md"
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
# Of a package that is in every lock of the stacks: PyPI's own answers name its vulnerabilities.
ADVISORIES = "https://pypi.org/pypi/numpy/1.26.4/json"
_ID = r"(?:CVE-\d{4}-\d+|GHSA(?:-\w{4}){3}|PYSEC-\d{4}-\d+)"
_ROW = re.compile(rf"^\| (\S+) \| (\S+) \| (wide|current) \| ({_ID}(?:, {_ID})*) \|", re.MULTILINE)


class Accepted(NamedTuple):
    """A row of the table."""

    package: str
    version: str
    stack: str
    ids: str


ROWS = [Accepted(*row) for row in _ROW.findall(PAGE.read_text(encoding="utf-8"))]


def audit(lock: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs pip-audit on a lock; what the table accepts for its stack is left out."""
    ids = [one for row in ROWS if row.stack in lock.stem for one in row.ids.split(", ")]
    ignored = [word for one in ids for word in ("--ignore-vuln", one)]
    line = ["pip_audit", "--requirement", str(lock), "--disable-pip", "--strict"]
    return subprocess.run(
        [sys.executable, "-m", *line, "--progress-spinner", "off", *ignored, *options],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def database() -> None:
    try:
        with urllib.request.urlopen(ADVISORIES, timeout=30) as answer:
            known = "vulnerabilities" in json.load(answer)
    except (OSError, ValueError) as error:
        pytest.skip(f"PyPI's advisory database can't be reached from here: {error}")
    if not known:
        pytest.skip("The package index of this machine answers without advisories.")


@pytest.mark.slow
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_no_lock_names_a_vulnerable_package_that_is_not_explained(lock):
    done = audit(lock)
    assert done.returncode == 0, done.stdout + done.stderr


# === The table ===


def test_every_row_is_read():
    table = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "CVE-" in line]
    assert len(ROWS) >= len(table) > 3


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.package)
def test_a_row_goes_when_its_version_goes(row):
    lock = (ROOT / "requirements" / f"{row.stack}.txt").read_text(encoding="utf-8")
    assert re.search(rf"^{row.package}=={re.escape(row.version)} ", lock, re.MULTILINE)


# === The audit, with a database of one vulnerability ===


class _Database(BaseHTTPRequestHandler):
    """OSV's protocol: the real one needs the internet, and what it knows changes every day."""

    advisory = ""

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        affected = [{"package": query["package"], "ranges": []}]
        found = {"id": self.advisory, "summary": "A hole.", "affected": affected}
        body = json.dumps({"vulns": [found]} if query["package"]["name"] == "urllib3" else {})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *words: object) -> None:
        """Is silent."""


@pytest.fixture(scope="module")
def osv() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Database)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("lock", "advisory", "accepted"),
    [
        ("wide", "CVE-2025-50181", True),
        ("current", "CVE-2025-50181", False),  # explained for the other stack
        ("wide", "CVE-2999-1", False),
    ],
)
def test_only_what_the_table_explains_is_accepted(
    osv, tmp_path, monkeypatch, lock, advisory, accepted
):
    monkeypatch.setattr(_Database, "advisory", advisory)
    file = tmp_path / f"image-{lock}.txt"
    hashes = f"--hash=sha256:{'0' * 64}"
    file.write_text(f"numpy==1.26.4 {hashes}\nurllib3==1.26.20 {hashes}\n", encoding="utf-8")
    done = audit(file, "--vulnerability-service", "osv", "--osv-url", osv)
    assert (done.returncode == 0) == accepted, done.stdout + done.stderr
    assert (advisory in done.stdout) != accepted
