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
        models="", overrides="[]", trials=0,
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


def run_failing(error):
    """Runs a task with that error in a process of its own, whose umask and log it sets."""
    code = f"""
from kubeflow.node.task import run_task
def work(given):
    raise RuntimeError("Node Trainer failed.") from {error}
raise SystemExit(run_task(work, None))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == ""
    return done.stdout


def test_a_volume_of_another_user_is_one_sentence():
    out = run_failing("PermissionError(13, 'Permission denied', '/volume/medtfx')")
    assert "may not open /volume/medtfx" in out and "Traceback" not in out


def test_a_defect_ends_with_its_sentence_below_the_traceback():
    out = run_failing("ValueError('the shape is wrong\\nand so on')")
    assert "Traceback" in out and "Node Trainer failed." in out
    assert out.splitlines()[-1].endswith(" Error: ValueError: the shape is wrong")
