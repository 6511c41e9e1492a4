"""The image, built from its Dockerfile by buildah, and a node in it as strict as a cluster may be.

The image of the nodes without a GPU is always built. MEDTFX_IMAGES names others too, and runs a
whole pipeline in each that it names:

    MEDTFX_IMAGES=cpu,wide,gpu,app scripts/test tests/kubeflow/image/test_dockerfile.py -s

Minutes and 4 to 12 GB for each, in MEDTFX_IMAGES_FOLDER, where they stay, or in a temporary folder.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from importlib import metadata
from pathlib import Path

import pytest

from kubeflow.image.context import write_context
from kubeflow.package.compile import compile_package
from kubeflow.package.container import PackageOptions
from pipeline.recipes.loader import load_recipe
from pipeline.sample_data import write_sample_data
from tests.containers import Engine, Image, run, skip_without_tools
from tests.doubles.databases import free_port
from tests.doubles.kfp_emulator import run_package
from tests.doubles.kfp_package import Package, parse
from tests.doubles.kfp_pod import Pod, Run
from tests.small_recipe import SMALL

pytestmark = [pytest.mark.slow, pytest.mark.timeout(5400)]

VARIABLE, FOLDER_VARIABLE = "MEDTFX_IMAGES", "MEDTFX_IMAGES_FOLDER"
# Name → variant and stack, as `medtfx kubeflow image` takes them.
IMAGES = {
    "app": ("app", "current"),
    "cpu": ("cpu", "current"),
    "wide": ("cpu", "wide"),
    "gpu": ("gpu", "current"),
}
NODES = [name for name in IMAGES if name != "app"]
NAMED = os.environ.get(VARIABLE, "").split(",")
# What a quickstart on a volume does not import: gs://, Dataflow, s3://, TIFF, signatures, tuning.
ELSEWHERE = [
    "apache_beam.io.gcp.gcsio",
    "google.cloud.resourcemanager_v3",
    "apache_beam.runners.dataflow.dataflow_runner",
    "apache_beam.io.aws.s3filesystem",
    "imagecodecs",
    "model_signing",
    "keras_tuner",
    "pipeline.dag.bulk",
]
PATIENCE_SECONDS = 120
USER_ID = 10001
LARGEST_MB = 2000


@pytest.fixture(scope="module")
def engine():
    skip_without_tools()
    given = os.environ.get(FOLDER_VARIABLE)
    # Not pytest's own: podman takes no path of more than 50 characters for what is running.
    folder = Path(given or tempfile.mkdtemp(prefix="images-"))
    folder.mkdir(parents=True, exist_ok=True)
    made = Engine(folder)
    yield made
    if not given:
        made.remove()


@pytest.fixture(scope="module")
def image(request, engine, tmp_path_factory) -> Image:
    if request.param not in (*NAMED, "cpu"):
        pytest.skip(f"{VARIABLE} does not name {request.param}: minutes, and gigabytes of disk")
    context = tmp_path_factory.mktemp("context")
    write_context(context, *IMAGES[request.param])
    started = time.monotonic()
    built = engine.build(context, *IMAGES[request.param])
    _tell(built, time.monotonic() - started)
    return built


def _tell(image: Image, seconds: float) -> None:
    """Prints the layers; pytest shows them with -s."""
    layers = run(
        image.engine.podman("history", "--format", "{{.Size}}\t{{.CreatedBy}}", image.name)
    )
    lines = [
        f"{image.name}, built in {seconds:.0f} s",
        *(line[:100] for line in layers.split("\n")),
    ]
    sys.stdout.write("\n" + "\n  ".join(lines) + "\n")


@pytest.mark.parametrize("image", IMAGES, indirect=True)
def test_it_says_what_it_is_to_somebody_who_is_not_root(image):
    assert image.inspect("{{.User}}") == f"{USER_ID}:0"
    assert image.run("id", "-u").strip() == str(USER_ID)
    version = image.inspect('{{index .Labels "org.opencontainers.image.version"}}')
    assert f"medtfx {version}" in image.run("medtfx", "version")
    # What a build leaves behind, no image needs.
    assert "build" not in image.run("ls", "/").split()
    assert "[global]" not in image.run("sh", "-c", "cat /etc/pip.conf || true")


@pytest.mark.parametrize("image", ["cpu"], indirect=True)
def test_it_holds_little_that_no_node_reads(image):
    sizes = [
        line.split() for line in image.run("du", "-sm", "/opt/python", "/opt/medtfx").split("\n")
    ]
    assert sum(int(words[0]) for words in sizes if words) < LARGEST_MB


@pytest.mark.parametrize("image", NODES, indirect=True)
def test_it_holds_what_other_recipes_and_sites_need(image):
    image.run("python", "-c", f"import {', '.join(ELSEWHERE)}")


@pytest.mark.parametrize("image", ["cpu"], indirect=True)
def test_a_node_runs_where_it_may_write_to_its_volume_alone(image, tmp_path, open_to_all):
    shared, package = _shared_folder(tmp_path), _package(image, tmp_path)
    places = {"data": str(shared / "films"), "root": str(shared / "volume"), "models": ""}
    inputs = {**places, "run_id": "by-hand", "overrides": []}
    run = Run("by-hand")
    pod = Pod(package, "image-example-gen", run, inputs, shared / "pods")
    assert pod.run(_environment(shared), None, _engine(image, shared)), run.attempts[-1].log
    log = run.log("image-example-gen")
    assert "ImageExampleGen took" in log and "Traceback" not in log
    written = list((shared / "volume").rglob("Split-train/*"))
    assert written and {path.stat().st_uid for path in written} == {USER_ID}


@pytest.mark.parametrize("image", NODES, indirect=True)
def test_a_package_runs_in_it_to_the_pushed_model(image, tmp_path, open_to_all, request):
    if request.node.callspec.params["image"] not in NAMED:
        pytest.skip(f"{VARIABLE} does not name it: a whole pipeline takes minutes")
    shared = _shared_folder(tmp_path)
    run = run_package(
        _package(image, tmp_path),
        {"data": str(shared / "films"), "root": str(shared / "volume")},
        shared / "pods",
        _environment(shared),
        engine=_engine(image, shared),
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


def _package(image: Image, tmp_path: Path) -> Package:
    recipe = load_recipe("quickstart", SMALL)
    stack = image.inspect('{{index .Labels "medtfx.stack"}}')
    options = PackageOptions(image.name, stack=stack, version=metadata.version("medtfx"))
    compile_package(recipe, options, tmp_path / "package.yaml")
    return parse(tmp_path / "package.yaml")


def _environment(shared: Path) -> dict[str, str]:
    return {**os.environ, "MEDTFX_MLMD": f"sqlite:///{shared}/volume/metadata.sqlite"}


def _engine(image: Image, shared: Path):
    return lambda command: image.line(command, shared, env=("MEDTFX_MLMD",))


@pytest.mark.parametrize("image", ["app"], indirect=True)
def test_the_page_answers(image):
    port = free_port()
    command = ["medtfx", "app", "--port", str(port), "--no-token"]
    # Nobody answers there, which the page says.
    command += ["--server", "127.0.0.1:1", "--model", "chest"]
    line = image.line(command, network="host")
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
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
