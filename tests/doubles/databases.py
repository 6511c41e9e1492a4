"""The databases that ML Metadata may use: real servers on loopback, in place of a site's."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

USER, PASSWORD, DATABASE = "metadata", "a:word/of@pass", "lineage"
_QUOTED_PASSWORD = "a%3Aword%2Fof%40pass"
_PATIENCE_SECONDS = 60
_NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"]


def free_port() -> int:
    """Returns a port of loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def _own_folder() -> Iterator[Path]:
    """Yields a folder of the user `nobody` if we are root, as whom databases must not run."""
    with tempfile.TemporaryDirectory(prefix="medtfx-database-") as name:
        if os.geteuid() == 0:
            shutil.chown(name, "nobody", "nogroup")
        yield Path(name)


@contextlib.contextmanager
def mariadb() -> Iterator[str]:
    """Yields the address of an empty MariaDB, as MEDTFX_MLMD takes it."""
    with _own_folder() as folder:
        yield from _mariadb(folder)


def _mariadb(folder: Path) -> Iterator[str]:
    server = _find("mariadbd", "/usr/sbin")
    install = _find("mariadb-install-db", "/usr/bin")
    client = _find("mariadb", "/usr/bin")
    port, socket_file = free_port(), str(folder / "s")
    user = "nobody" if os.geteuid() == 0 else os.environ.get("USER", "")
    _run(install, "--no-defaults", f"--datadir={folder / 'data'}", f"--user={user}",
         "--auth-root-authentication-method=normal", "--skip-test-db")  # fmt: skip
    command = [server, "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={socket_file}",
               f"--port={port}", "--bind-address=127.0.0.1", f"--user={user}"]  # fmt: skip
    sql = (
        f"CREATE DATABASE {DATABASE}; CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';"
        f" GRANT ALL ON {DATABASE}.* TO '{USER}'@'127.0.0.1';"
    )
    ask = [client, "--no-defaults", f"--socket={socket_file}", "--user=root", "-e"]
    with _running(command, folder / "log", [*ask, "SELECT 1"], signal.SIGTERM):
        _run(*ask, sql)
        yield f"mysql://{USER}:{_QUOTED_PASSWORD}@127.0.0.1:{port}/{DATABASE}"


@contextlib.contextmanager
def postgresql() -> Iterator[int]:
    """Yields the port of a PostgreSQL with an empty database."""
    with _own_folder() as folder:
        yield from _postgresql(folder)


def _postgresql(folder: Path) -> Iterator[int]:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    beside = str(places[0]) if places else "/usr/bin"
    initdb, server = (_find(name, beside) for name in ("initdb", "postgres"))
    port = free_port()
    # It refuses to run as root.
    as_user = ["setpriv", *_NOBODY] if os.geteuid() == 0 else []
    (folder / "password").write_text(PASSWORD)
    _run(*as_user, initdb, "-D", str(folder / "data"), "-U", USER, "--auth=scram-sha-256",
         f"--pwfile={folder / 'password'}", "--no-sync")  # fmt: skip
    command = [*as_user, server, "-D", str(folder / "data"), "-p", str(port), "-k", str(folder),
               "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]  # fmt: skip
    ask = _psql(port, "postgres")
    # At SIGTERM it would wait until its clients have gone.
    stop = signal.SIGINT
    with _running(command, folder / "log", [*ask, "SELECT 1"], stop, PGPASSWORD=PASSWORD):
        _run(*ask, f"CREATE DATABASE {DATABASE}", PGPASSWORD=PASSWORD)
        yield port


def set_in_postgresql(port: int, setting: str) -> None:
    """Changes a setting of the database, for connections to come."""
    _run(*_psql(port, DATABASE), f"ALTER DATABASE {DATABASE} SET {setting}", PGPASSWORD=PASSWORD)


def _psql(port: int, database: str) -> list[str]:
    client = _find("psql", "/usr/bin")
    return [client, "-h", "127.0.0.1", "-p", str(port), "-U", USER, "-d", database, "-c"]


def _find(name: str, beside: str) -> str:
    found = shutil.which(name, path=f"{beside}:{os.environ['PATH']}")
    return found or pytest.skip(f"{name} is not installed")


def _run(*command: str, **environment: str) -> None:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.contextmanager
def _running(
    command: list[str], log: Path, ask: list[str], stop: signal.Signals, **environment: str
) -> Iterator[None]:
    """Keeps a server running within the block, from its first answer on."""
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd="/")
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        settings = {**os.environ, **environment}
        while subprocess.run(ask, capture_output=True, env=settings, check=False).returncode:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(stop)
        process.wait()
