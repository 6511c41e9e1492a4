"""What `pip install 'medtfx[client]'` is worth: a client on a machine without TensorFlow."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.paths import ROOT

pytestmark = pytest.mark.end_to_end

SOURCES = ["components", "kubeflow", "pipeline", "serving", "pyproject.toml", "LICENSE"]


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of what is installed: pip builds in place and would leave folders behind."""
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def light(tmp_path_factory, source):
    """Returns a function that runs a program of a fresh environment with the extra `client`."""
    folder = tmp_path_factory.mktemp("light")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(program, *arguments):
        return subprocess.run(
            [folder / "bin" / program, *arguments],
            capture_output=True, text=True, cwd=folder, env=outside, check=False,
        )  # fmt: skip

    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    reached = run("python", "-m", "pip", "install", "--quiet", "setuptools>=77", "grpcio")
    if reached.returncode:
        pytest.skip(f"no package index can be reached: {reached.stderr.strip()[-200:]}")
    done = run("python", "-m", "pip", "install", "--quiet", f"{source}[client]")
    assert done.returncode == 0, done.stderr
    return run


def test_images_are_answered(light, server, dark, tmp_path):
    (tmp_path / "dark.png").write_bytes(dark)
    (tmp_path / "junk.png").write_bytes(b"junk")
    images = [str(tmp_path / name) for name in ("dark.png", "junk.png")]
    done = light("medtfx", "predict", *images, "--server", server.address, "--model", "tiny",
                 "--json", "--explain", str(tmp_path / "out"))  # fmt: skip
    assert done.returncode == 1, done.stderr  # one image has no answer
    answered, refused = map(json.loads, done.stdout.splitlines())
    assert (answered["label"], answered["version"], answered["error"]) == ("dark", 2, None)
    assert refused["error"].startswith("not_an_image")
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_metadata_and_status_are_read(light, server):
    done = light(
        "python",
        "-c",
        "from serving.client.client import Client\n"
        f"client = Client({server.address!r}, 'tiny')\n"
        "print(client.metadata().signatures['explain'].outputs['heatmap'])\n"
        "print(client.status())",
    )
    assert done.stdout == (
        "float[?,4,4]\n[VersionStatus(version=2, state='AVAILABLE', error='')]\n"
    ), done.stderr


def test_no_stack_came_along(light):
    done = light("python", "-m", "pip", "list", "--format=json")
    names = {package["name"].lower() for package in json.loads(done.stdout)}
    assert {"grpcio", "protobuf", "medtfx"} <= names
    assert not {name for name in names if name.startswith(("tensorflow", "tfx", "keras"))}
