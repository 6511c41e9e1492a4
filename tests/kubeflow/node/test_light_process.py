import subprocess
import sys

import pytest

from tests.paths import ROOT

START = "from kubeflow.node.light_process import forbid_heavy_imports; forbid_heavy_imports()\n"


def python(code):
    return subprocess.run(
        [sys.executable, "-c", START + code], cwd=ROOT, capture_output=True, text=True
    )


@pytest.mark.parametrize("module", ["tensorflow", "keras", "apache_beam"])
def test_a_heavy_import_fails_as_if_it_were_not_installed(module):
    done = python(f"import {module}")
    assert done.returncode == 1 and "ModuleNotFoundError" in done.stderr


def test_the_messages_of_tfma_can_be_read():
    done = python(
        "import sys\n"
        "from components.gate.evaluation_files import _messages\n"
        "assert _messages()[1].ValidationResult(validation_ok=True).validation_ok\n"
        "assert not sys.modules['tensorflow']"
    )
    assert done.returncode == 0, done.stderr


def test_what_a_task_does_after_its_nodes_needs_no_more():
    modules = ("node_outcome", "finished_nodes", "display_names", "push_report", "page", "ledger")
    names = [f"kubeflow.node.{name}" for name in modules]
    names += ["pipeline.runs.outcome", "pipeline.runs.summary", "components.gate.results"]
    # The drivers and resolvers of the nodes are looked up there too.
    names += ["components.image_example_gen.driver", "components.serving_validator.driver"]
    names += ["components.evaluator.baseline", "components.data_audit.baseline_statistics"]
    names += ["components.approval.resolve"]
    done = python("\n".join(f"import {name}" for name in names))
    assert done.returncode == 0, done.stderr
