"""Programs of the tests that are written in Go, and built where Go is installed."""

import os
import shutil
import subprocess

import pytest

from tests.paths import ROOT

_BUILD_SECONDS = 900


def go_tool(name: str) -> str:
    """Returns the path of a program of `scripts/go-tool`; skips the test if there is none."""
    if found := shutil.which(name, path=f"{ROOT / '.venv-tools'}:{os.environ['PATH']}"):
        return found
    if not shutil.which("go"):
        pytest.skip(f"{name} is not there, and Go to build it is not installed")
    try:
        done = subprocess.run(
            [ROOT / "scripts" / "go-tool", name],
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{name} takes too long to build: run scripts/go-tool {name} first")
    if done.returncode:
        pytest.skip(f"{name} could not be built: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
