import argparse
import subprocess
import sys
from importlib import metadata

import pytest

from components.runtime.stack import installed_stack
from kubeflow.errors import KubeflowError
from kubeflow.node.task import check_image, read_overrides, task_parser, write_output
from tests.paths import ROOT

VERSION = metadata.version("medtfx")


def test_package_and_image_belong_together():
    check_image(str(installed_stack()), VERSION)
    with pytest.raises(KubeflowError, match="images of stack 'old'"):
        check_image("old", VERSION)
    with pytest.raises(KubeflowError, match=r"compiled by medtfx 9\.9\.9"):
        check_image(str(installed_stack()), "9.9.9")


def test_overrides_are_a_json_list_of_texts():
    assert read_overrides("") == []
    assert read_overrides('["training.epochs=3"]') == ["training.epochs=3"]
    for text in ("training.epochs=3", "{}", "[3]"):
        with pytest.raises(KubeflowError, match="is a list of texts"):
            read_overrides(text)


def test_the_arguments_of_every_task():
    words = [f"--{name}=x" for name in ("recipe", "stack", "version", "run-id", "data", "root")]
    given = task_parser("node", None).parse_args(words)
    assert given == argparse.Namespace(
        recipe="x", stack="x", version="x", run_id="x", data="x", root="x",
        models="", overrides="[]",
    )  # fmt: skip


def test_an_output_gets_its_folder(tmp_path):
    write_output(str(tmp_path / "outputs" / "train"), "yes")
    assert (tmp_path / "outputs" / "train").read_text() == "yes"


def test_a_users_mistake_is_one_line_and_exit_code_1():
    script = (
        "import argparse, sys; from kubeflow.node.task import read_overrides, run_task;"
        "sys.exit(run_task(lambda given: read_overrides('x') and 0, argparse.Namespace()))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert " Error: The parameter `overrides`" in done.stdout and done.stderr == ""


def test_a_volume_of_another_user_is_one_sentence():
    # In a process of its own, whose umask and log it sets.
    code = """
from kubeflow.node.task import run_task
def work(given):
    raise PermissionError(13, "Permission denied", "/work/medtfx")
raise SystemExit(run_task(work, None))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "may not open /work/medtfx" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
