"""Processes under attack, and what is measured of them."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.paths import ROOT

SERVER = """
import sys
from pathlib import Path
from serving.embedded import server
from serving.embedded.server import Settings, serve

def ready(server):
    print(server.address, server.rest_port, flush=True)

# Connections without a call end after ten seconds, so that no test waits the usual minute.
options = dict(server._OPTIONS)
assert options["grpc.max_connection_idle_ms"] <= 60_000
server._OPTIONS[:] = (options | {"grpc.max_connection_idle_ms": 10_000}).items()
serve(Path(sys.argv[1]), Settings(grpc_port=0, rest_port=0, grace=5.0), ready)
"""
PAGE = """
import sys
from pathlib import Path
import uvicorn
from serving.app.application import create_app
from serving.app.settings import Settings
from serving.protocol.bounded_http import bounded_config, listen

listener = listen("127.0.0.1", 0)
settings = Settings("tiny", lambda: sys.argv[1], Path(sys.argv[2]), token=sys.argv[3])
print("-", listener.getsockname()[1], flush=True)
uvicorn.Server(bounded_config(create_app(settings))).run(sockets=[listener])
"""
TOKEN = "a-token-of-some-length"


@dataclass
class Victim:
    """A process under attack.

    Attributes:
        grpc: 'host:port' of gRPC, or '-'.
        port: of HTTP.
        folder: that is served, or where the audit log lies.
    """

    process: subprocess.Popen
    log_file: Path
    folder: Path
    grpc: str = field(init=False)
    port: int = field(init=False)

    def __post_init__(self):
        self.grpc, port = self.process.stdout.readline().split()
        self.port = int(port)

    @property
    def alive(self):
        return self.process.poll() is None

    def log(self):
        return self.log_file.read_text(errors="replace")

    def resident(self):
        """Bytes of memory now."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def peak(self):
        """Bytes of memory, at most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    def threads(self):
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))


def start(program, folder, log_file, *arguments):
    log = open(log_file, "wb")  # noqa: SIM115 - the process writes to it
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )  # fmt: skip
    log.close()
    return Victim(process, log_file, folder)


def end(victim):
    alive, log = victim.alive, victim.log()
    victim.process.kill()
    victim.process.wait()
    victim.process.stdout.close()
    assert alive, log[-2000:]
    assert "Traceback" not in log, log[-4000:]
