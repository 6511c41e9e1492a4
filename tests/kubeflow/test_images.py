"""The images, built from their Dockerfiles and run, where MEDTFX_IMAGES names them.

    MEDTFX_IMAGES=cpu,wide,gpu,app scripts/test tests/kubeflow/test_images.py -s

Minutes and 4 to 12 GB for each, in MEDTFX_IMAGES_FOLDER or a temporary folder.
"""

import os
import subprocess
import sys
import time
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest

from kubeflow.image.context import build_arguments, write_context
from kubeflow.package.compile import compile_package
from kubeflow.package.container import PackageOptions
from pipeline.recipes.loader import load_recipe
from pipeline.sample_data import write_sample_data
from tests.doubles.databases import free_port
from tests.doubles.image_builder import Stage, build, megabytes, skip_without_tools
from tests.doubles.kfp_emulator import run_package
from tests.doubles.kfp_package import parse

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(5400)]

VARIABLE, FOLDER_VARIABLE = "MEDTFX_IMAGES", "MEDTFX_IMAGES_FOLDER"
# Name → variant and stack, as `medtfx kubeflow image` takes them.
IMAGES = {
    "app": ("app", "current"),
    "cpu": ("cpu", "current"),
    "wide": ("cpu", "wide"),
    "gpu": ("gpu", "current"),
}
NODES = [name for name in IMAGES if name != "app"]
SMALL = ["data.split_seed=20", "training.epochs=25", "training.early_stopping.patience=25"]
FLOOR = ["evaluation.recall_floor=0.3", "evaluation.allowed_drop=0.6"]
PATIENCE_SECONDS = 120
USER_ID = 10001


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        Path(given).mkdir(parents=True, exist_ok=True)
    return Path(given) if given else tmp_path_factory.mktemp("images")


@pytest.fixture(scope="module")
def image(request, folder) -> Stage:
    if request.param not in os.environ.get(VARIABLE, "").split(","):
        pytest.skip(f"{VARIABLE} does not name {request.param}: minutes, and gigabytes of disk")
    skip_without_tools()
    context = folder / request.param
    write_context(context, *IMAGES[request.param])
    started = time.monotonic()
    built = build(context, folder, build_arguments(*IMAGES[request.param]))
    _tell(request.param, built, time.monotonic() - started)
    return built


def _tell(name: str, built: Stage, seconds: float) -> None:
    """Prints the sizes; pytest shows them with -s."""
    lines = [f"{name}: {megabytes(built.root):.0f} MB, built in {seconds:.0f} s"]
    lines += [f"  {size:7.0f} MB  {line[:80]}" for line, size in built.sizes.items()]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("image", IMAGES, indirect=True)
def test_it_says_what_it_is_to_somebody_who_is_not_root(image):
    assert image.user == f"{USER_ID}:0"
    assert image.run("id", "-u").strip() == str(USER_ID)
    assert f"medtfx {image.labels['org.opencontainers.image.version']}" in image.run(
        "medtfx", "version"
    )
    # What a build leaves behind, no image needs.
    assert not list((image.root / "build").glob("*")) and not (image.root / "etc/pip.conf").exists()


@pytest.mark.parametrize("image", NODES, indirect=True)
def test_a_package_runs_in_it_to_the_pushed_model(image, tmp_path, open_to_all):
    recipe = load_recipe("quickstart", [*SMALL, *FLOOR])
    stack = image.labels["medtfx.stack"]
    options = PackageOptions("medtfx:1", stack=stack, version=metadata.version("medtfx"))
    compile_package(recipe, options, tmp_path / "package.yaml")
    shared = _shared_folder(tmp_path)
    run = run_package(
        parse(tmp_path / "package.yaml"),
        {"data": str(shared / "films"), "root": str(shared / "volume")},
        shared / "pods",
        {"MEDTFX_MLMD": f"sqlite:///{shared}/volume/metadata.sqlite"},
        engine=lambda command: image.line(command, shared),
    )
    assert run.failed is None, run.attempts[-1].log[-4000:]
    assert "Pushed as version" in run.log("run-report")
    (version,) = (shared / "volume/models/quickstart").glob("[0-9]*")
    assert version.stat().st_uid == USER_ID


@pytest.fixture
def open_to_all():
    """What a pod writes to besides its volumes is an emptyDir on a cluster."""
    before = os.umask(0)
    yield
    os.umask(before)


def _shared_folder(tmp_path: Path) -> Path:
    """Returns a folder that the image's user may write to, as a volume is."""
    shared = tmp_path / "shared"
    (shared / "volume").mkdir(parents=True)
    os.chown(shared / "volume", USER_ID, 0)
    write_sample_data(shared / "films", patients_per_class=40)
    return shared


@pytest.mark.parametrize("image", ["app"], indirect=True)
def test_the_page_answers(image):
    port = free_port()
    command = [*image.command, "--port", str(port), "--no-token"]
    # Nobody answers there, which the page says.
    command += ["--server", "127.0.0.1:1", "--model", "chest"]
    process = subprocess.Popen(
        image.line(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        page = _fetch(f"http://127.0.0.1:{port}/", process)
    finally:
        process.terminate()
        process.wait()
    assert "<html" in page and "medtfx" in page


def _fetch(address: str, process: subprocess.Popen) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read().decode()
        except OSError:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the page does not answer"
            time.sleep(0.5)
