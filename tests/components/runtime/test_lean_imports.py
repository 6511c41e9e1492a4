"""Each in a process that has imported nothing."""

import subprocess
import sys

import pytest

from components.runtime.stack import installed_stack
from tests.paths import ROOT

PREPARED = (
    "import sys, importlib\n"
    "from components.runtime.lean_imports import import_singly, load_tensorflow\n"
)


def python(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PREPARED + code],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


ON_WIDE = pytest.mark.skipif(
    installed_stack() != "wide", reason="the TFX of `current` has to be imported whole"
)


@ON_WIDE
@pytest.mark.parametrize(
    "modules",
    [
        "components.image_example_gen.executor components.transform.executor "
        "components.data_audit.executor components.statistics_gen.executor",
        "components.trainer.run_fn tfx.components.trainer.executor",
    ],
)
def test_a_node_loads_no_library_of_other_nodes(modules):
    python(
        "load_tensorflow(evaluates=False)\n"
        f"for name in {modules.split()}: importlib.import_module(name)\n"
        "others = {'tensorflow_model_analysis.metrics', 'keras_tuner', 'kubernetes', 'docker'}\n"
        "assert not others & set(sys.modules), others & set(sys.modules)"
    )


@ON_WIDE
def test_tfma_is_whole_for_whoever_uses_it():
    python(
        "load_tensorflow(evaluates=False)\n"
        "from tensorflow_model_analysis import sdk\n"
        "assert sdk.EvalConfig().model_specs is not None\n"
        "assert 'tensorflow_model_analysis.metrics' not in sys.modules\n"
        "import tensorflow_model_analysis as tfma\n"
        "assert tfma.metrics.MetricComputation and tfma.EvalConfig is sdk.EvalConfig\n"
        "assert tfma.__file__"
    )


def test_a_pipeline_is_built_where_nothing_is_evaluated():
    python(
        "load_tensorflow(evaluates=False)\n"
        "import pipeline.dag.training, components.evaluator.metrics\n"
        "import tensorflow_model_analysis as tfma\n"
        "assert tfma.metrics.metric_types and tfma.ExtractEvaluateAndWriteResults"
    )


def test_what_was_refused_can_be_imported_later():
    python("load_tensorflow()\nimport matplotlib, sklearn, IPython, tensorflow, apache_beam")


def test_a_package_that_is_not_installed_is_left_to_its_importer():
    python(
        "import_singly('no_such_package.inner')\n"
        "assert not any(name.startswith('no_such') for name in sys.modules)"
    )
