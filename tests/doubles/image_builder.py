"""Builds an image from its Dockerfile without a container engine, and runs commands in it.

An engine needs a machine that lets it make namespaces and cgroups, and images of a registry. Here
each stage is a folder, each RUN a chroot into it, with the environment and the user of the lines
before it. FROM differs: in place of Python's official image, debootstrap makes a Debian of the same
release, which gets a Python of the same version. It needs root, and packages from the network.
"""

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_PATH = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# Debian → the Python it has. Another one is taken from this machine, with the libraries it needs.
_OWN_PYTHON = {"trixie": "3.13", "bookworm": "3.11"}
_LIBRARIES = "libssl3,libffi8,libsqlite3-0,libbz2-1.0,liblzma5,libreadline8,zlib1g,libncursesw6"
_SECRET = re.compile(r"^--mount=type=secret,id=(\w+),target=(\S+)\s+")


@dataclass
class Stage:
    """A stage of a Dockerfile, or the image that the last one is.

    Attributes:
        root: folder with its files.
        environment: of its processes.
        user: `uid:gid`.
        workdir: where they start.
        command: what it runs by default.
        labels: about it.
        sizes: instruction → MB that it added.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    user: str = "0:0"
    workdir: str = "/"
    command: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, float] = field(default_factory=dict)

    def line(self, command: list[str], *shared: Path) -> list[str]:
        """Returns the command that runs a command in the image.

        Args:
            command: as its process sees it.
            *shared: folders of this machine, seen under the same path.
        """
        mounts = [f"mount -t proc proc {self.root}/proc", f"mount --rbind /dev {self.root}/dev"]
        for folder in shared:
            (self.root / str(folder)[1:]).mkdir(parents=True, exist_ok=True)
            mounts.append(f"mount --bind {folder} {self.root}{folder}")
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        inner = ["env", "--chdir", self.workdir, *variables, *command]
        chroot = ["chroot", f"--userspec={self.user}", "--groups=", str(self.root), *inner]
        script = " && ".join([*mounts, f"exec {shlex.join(chroot)}"])
        return ["unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", script]

    def run(self, *command: str) -> str:
        """Runs a command to its end and returns what it printed."""
        # Nothing of this machine's environment gets in.
        done = subprocess.run(
            self.line([*command]),
            env={"PATH": _PATH},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout[-4000:]}"
        return done.stdout


def skip_without_tools() -> None:
    """Skips a test on a machine that can't do this."""
    if os.geteuid():
        pytest.skip("to build another system in a folder takes root")
    for tool in ("debootstrap", "unshare", "chroot"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")


def build(context: Path, work: Path, given: dict[str, str]) -> Stage:
    """Builds the Dockerfile of a folder and returns its last stage.

    Args:
        context: with the Dockerfile.
        given: build arguments.
        work: for the stages, `<name of context>-...`, and for the Debians, which the next build
            takes again.
    """
    stages: dict[str, Stage] = {}
    arguments: dict[str, str] = {}
    stage = Stage(work)
    for name, rest in instructions((context / "Dockerfile").read_text()):
        rest = re.sub(r"\$\{(\w+)\}", lambda match: arguments[match[1]], rest)
        before = megabytes(stage.root) if name in ("RUN", "COPY") else 0.0
        if name == "ARG":
            key, _, default = rest.partition("=")
            arguments[key] = given.get(key, default)
        elif name == "FROM":
            base, _, alias = rest.partition(" AS ")
            folder = work / f"{context.name}-{alias or 'image'}"
            stage = _from(base, folder, work)
            stages[alias] = stage
        elif name == "RUN":
            _run(stage, rest)
        elif name == "COPY":
            _copy(stage, rest, context, stages)
        else:
            _set(stage, name, rest)
        if name in ("RUN", "COPY"):
            stage.sizes[f"{name} {rest}"] = megabytes(stage.root) - before
    return stage


def instructions(text: str) -> list[tuple[str, str]]:
    """Returns (instruction, rest) of each line of a Dockerfile, continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    pairs = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in pairs]


def _set(stage: Stage, name: str, rest: str) -> None:
    if name == "ENV":
        for key, value in _pairs(rest).items():
            stage.environment[key] = value.replace("$PATH", stage.environment["PATH"])
    elif name == "LABEL":
        stage.labels |= _pairs(rest)
    elif name == "USER":
        stage.user = rest
    elif name == "WORKDIR":
        stage.workdir = rest
    elif name == "CMD":
        stage.command = [word.strip(' "') for word in rest.strip("[]").split(",")]
    else:
        raise AssertionError(f"unknown here: {name} {rest}")


def _pairs(text: str) -> dict[str, str]:
    words = (word.partition("=") for word in shlex.split(text))
    return {key: value for key, _, value in words}


def _run(stage: Stage, command: str) -> None:
    secret = None
    if match := _SECRET.match(command):
        assert match[1] == "pip"
        secret, command = stage.root / match[2][1:], command[match.end() :]
        secret.write_text(_pip_settings())
    try:
        stage.run("/bin/sh", "-c", command)
    finally:
        if secret:
            secret.unlink()


def _pip_settings() -> str:
    """Returns where this machine takes packages from, as far as it holds in the image too."""
    listed = subprocess.run(["pip", "config", "list"], capture_output=True, text=True).stdout
    found = re.findall(r"^global\.(index-url|extra-index-url|trusted-host)='(.*)'$", listed, re.M)
    kept = [f"{name} = {value}" for name, value in found if "file:" not in value]
    return "\n".join(["[global]", f"cert = {_CERTIFICATES}", *kept, ""])


def _copy(stage: Stage, rest: str, context: Path, stages: dict[str, Stage]) -> None:
    words = rest.split()
    origin = context
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).removeprefix("--from=")].root
    source, target = words
    place = stage.root / target.lstrip("/")
    if target.endswith("/"):
        place.mkdir(parents=True, exist_ok=True)
        place /= Path(source).name
    place.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", origin / source.lstrip("/"), place], check=True)
    subprocess.run(["chown", "-R", "--no-dereference", "0:0", place], check=True)


def _from(base: str, folder: Path, work: Path) -> Stage:
    """Returns a fresh copy of what stands for `python:3.13-slim-trixie` and the like."""
    match = re.fullmatch(r"python:([\d.]+)-slim-(\w+)", base)
    assert match, f"no base image that is known here: {base}"
    version, release = match.groups()
    system = work / base.replace(":", "-")
    if not (system / ".complete").exists():
        _bootstrap(system, version, release)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["cp", "-a", system, folder], check=True)
    return Stage(folder)


def _bootstrap(system: Path, version: str, release: str) -> None:
    shutil.rmtree(system, ignore_errors=True)
    own = _OWN_PYTHON.get(release) == version
    packages = "python3-dev,python3-venv" if own else _LIBRARIES
    mirror = os.environ.get("DEBIAN_MIRROR")
    command = ["debootstrap", "--variant=minbase", f"--include=ca-certificates,{packages}"]
    subprocess.run([*command, release, system, *([mirror] if mirror else [])], check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    for file in (_CERTIFICATES, "/etc/resolv.conf", "/etc/hosts"):  # an engine brings the last two
        shutil.copy(file, f"{system}{file}")
    python = system / "usr/local/bin/python"
    if own:
        python.symlink_to("/usr/bin/python3")
    else:
        found = _python_here(version)
        place = system / str(found)[1:]  # it knows where its headers are
        place.parent.mkdir(parents=True)
        subprocess.run(["cp", "-a", found, place], check=True)
        (system / "root").chmod(0o755)
        python.symlink_to(found / "bin" / f"python{version}")
    (system / ".complete").touch()


def _python_here(version: str) -> Path:
    """Returns the folder of a Python that was built from source, as the official image's is."""
    built = Path("~/.pyenv/versions").expanduser().glob(f"{version}.*")
    found = max(built, default=None)
    return found or pytest.skip(f"no Python {version} of pyenv, to put into the image")


def megabytes(folder: Path) -> float:
    """Returns what a folder takes on the disk."""
    out = subprocess.run(["du", "-sxk", folder], capture_output=True, text=True).stdout
    return int(out.split()[0]) / 1024
