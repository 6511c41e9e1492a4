"""Real containers: buildah builds an image from its folder, podman runs commands in it.

Both are Debian's, with runc: crun needs a control group that not every machine lends. What is made
lies in a folder of its own, so that the images of the machine stay as they are.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from kubeflow.image.context import build_arguments

# Names the base image, in place of a Debian that is made here.
BASE_VARIABLE = "MEDTFX_IMAGES_BASE"
_TOOLS = ("buildah", "podman", "runc", "debootstrap")
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
# Within what a machine allows that is a container itself.
_LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]
_MADE_BASE = "localhost/python:3.13-slim-trixie"


def skip_without_tools() -> None:
    """Skips a test on a machine that can't do this."""
    if os.geteuid():
        pytest.skip("to build a Debian in a folder, and containers without a daemon, take root")
    for tool in _TOOLS:
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")


@dataclass(frozen=True)
class Engine:
    """Builds and runs, with everything it stores in one folder."""

    folder: Path

    def build(self, context: Path, variant: str, stack: str) -> "Image":
        """Builds the image of a folder that `write_context` wrote.

        In one layer, which takes minutes less than a layer for each instruction.
        """
        arguments = build_arguments(variant, stack) | {"BASE": self._base(stack)}
        line = [*self._line("buildah"), "build", "--runtime", "runc", *_LIMITS]
        line += ["--network", "host"]
        line += [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
        settings = self.folder / "pip.conf"
        settings.write_text(_pip_settings())
        name = f"localhost/medtfx:{variant}-{stack}"
        run([*line, "--secret", f"id=pip,src={settings}", "--tag", name, str(context)])
        return Image(self, name)

    def remove(self) -> None:
        """Removes all that is stored, and the mounts, which else outlive every process."""
        run([*self._line("buildah"), "rm", "--all"])
        run([*self._line("podman"), "rmi", "--all", "--force"])
        mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in reversed(mounted):
            if Path(place).is_relative_to(self.folder):
                run(["umount", "--lazy", place])
        shutil.rmtree(self.folder)

    def _base(self, stack: str) -> str:
        """Returns the base image; the official one comes from a registry, which tests can't ask."""
        if given := os.environ.get(BASE_VARIABLE):
            return given
        if stack != "current":
            pytest.skip(f"{BASE_VARIABLE} does not name an image with Python 3.10")
        exists = [*self._line("podman"), "image", "exists", _MADE_BASE]
        if subprocess.run(exists, capture_output=True).returncode:
            self._make_base()
        return _MADE_BASE

    def _make_base(self) -> None:
        """Makes a Debian with the Python that the official image of the same name has."""
        system = self.folder / "debian"
        mirror = os.environ.get("DEBIAN_MIRROR")
        included = "--include=ca-certificates,python3-dev,python3-venv"
        run(["debootstrap", "--variant=minbase", included, "trixie", str(system),
             *([mirror] if mirror else [])])  # fmt: skip
        (system / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        shutil.copy(_CERTIFICATES, f"{system}{_CERTIFICATES}")
        archive = self.folder / "debian.tar"
        run(["tar", "--create", "--file", str(archive), "--directory", str(system), "."])
        shutil.rmtree(system)
        run([*self._line("podman"), "import", str(archive), _MADE_BASE])
        archive.unlink()

    def _line(self, tool: str) -> list[str]:
        return [tool, "--root", str(self.folder / "storage"), "--runroot", str(self.folder / "run")]

    def podman(self, *words: str) -> list[str]:
        """Returns a command line of podman."""
        return [*self._line("podman"), "--cgroup-manager", "cgroupfs", *words]


@dataclass(frozen=True)
class Image:
    """An image, and the engine that has it."""

    engine: Engine
    name: str

    def line(
        self, command: list[str], *shared: Path, network: str = "none", env: tuple[str, ...] = ()
    ) -> list[str]:
        """Returns the command that runs a command in a container, as strictly as a cluster may.

        Args:
            command: of the container; empty: the image's own.
            *shared: folders of this machine, seen under the same path. The rest can't be written.
            network: `none`: nothing but loopback; `host`: this machine's.
            env: names of variables that the container gets, with their values here.
        """
        words = ["run", "--rm", "--runtime", "runc", *_LIMITS, "--network", network, "--read-only"]
        words += ["--cap-drop", "all", "--security-opt", "no-new-privileges"]
        words += [word for folder in shared for word in ("--volume", f"{folder}:{folder}")]
        words += [word for name in env for word in ("--env", name)]
        return self.engine.podman(*words, self.name, *command)

    def run(self, *command: str) -> str:
        """Runs a command to its end and returns what it printed."""
        return run(self.line([*command]))

    def inspect(self, template: str) -> str:
        """Returns a field of its description, by a template of podman."""
        return run(self.engine.podman("image", "inspect", "--format", template, self.name)).strip()


def run(command: list[str]) -> str:
    """Runs a command to its end and returns what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout[-4000:]}"
    return done.stdout


def _pip_settings() -> str:
    """Returns where this machine takes packages from, as far as it holds in the image too."""
    listed = subprocess.run(["pip", "config", "list"], capture_output=True, text=True).stdout
    named = r"^(?:global|:env:)\.(index-url|extra-index-url|trusted-host)='(.*)'$"
    kept = [f"{name} = {value}" for name, value in re.findall(named, listed, re.MULTILINE)]
    return "\n".join(["[global]", *kept, ""])
