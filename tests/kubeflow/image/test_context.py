import re
from pathlib import Path

import pytest

from kubeflow.errors import KubeflowError
from kubeflow.image.context import (
    PACKAGES,
    build_arguments,
    build_commands,
    dockerfile,
    lock_name,
    write_context,
)
from tests.paths import ROOT

WAYS = [("cpu", "current"), ("cpu", "wide"), ("gpu", "current"), ("app", "current")]


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    out = tmp_path_factory.mktemp("context")
    write_context(out, "cpu", "current")
    return out


def test_it_holds_the_image_s_needs_and_nothing_else(context):
    assert {path.name for path in context.iterdir()} == {
        "Dockerfile",
        ".dockerignore",
        "requirements.txt",
        "source",
    }
    assert {path.name for path in (context / "source").iterdir()} == {
        *PACKAGES,
        "pyproject.toml",
        "LICENSE",
    }
    assert not list(context.rglob("__pycache__"))


def test_its_code_is_this_code(context):
    # Byte by byte: the cache knows code by a hash of its source.
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert (context / "source" / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_all_that_is_packaged_is_there(context):
    for name in PACKAGES:
        for path in (ROOT / name).rglob("*.yaml"):
            assert (context / "source" / path.relative_to(ROOT)).is_file()


@pytest.mark.parametrize(("variant", "stack"), WAYS)
def test_each_image_has_a_lock_within_that_of_its_stack(variant, stack):
    def versions(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text()
        return set(re.findall(r"^[a-z0-9.-]+==[^\s;]+", text, flags=re.MULTILINE))

    listed, stack_s = versions(lock_name(variant, stack)), versions(f"{stack}.txt")
    without_cuda = any(entry.startswith("tensorflow-cpu==") for entry in listed)
    assert without_cuda == ((variant, stack) == ("cpu", "current"))
    mine = {entry.replace("tensorflow-cpu==", "tensorflow==") for entry in listed}
    assert {entry for entry in mine - stack_s if not entry.startswith("nvidia-")} == set()
    assert not {"pytest", "mypy", "moto"} & {entry.partition("==")[0] for entry in mine}
    assert any(entry.startswith("nvidia-cudnn") for entry in mine) == (variant == "gpu")
    assert any(entry.startswith("tensorflow==") for entry in mine) == (variant != "app")


def test_it_is_written_again_over_itself_alone(context, tmp_path):
    (context / "source" / "left-over").touch()
    write_context(context, "app", "current")
    assert not (context / "source" / "left-over").exists()
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(KubeflowError, match="holds something else"):
        write_context(tmp_path, "cpu", "current")
    assert (tmp_path / "thesis.txt").exists()


@pytest.mark.parametrize(("variant", "stack"), WAYS)
def test_the_build_arguments_are_those_of_the_dockerfile(variant, stack):
    known = re.findall(r"^ARG (\w+)=\S+$", dockerfile(variant).read_text(), re.MULTILINE)
    assert set(build_arguments(variant, stack)) <= set(known)
    docker, buildah = build_commands(Path("image"), variant, stack)
    assert docker.startswith("docker build --build-arg VERSION=") and docker.endswith(" image")
    assert buildah.startswith("buildah build --layers --build-arg VERSION=")


def test_cuda_comes_with_the_current_stack_alone():
    with pytest.raises(KubeflowError, match="--stack current"):
        lock_name("gpu", "wide")
