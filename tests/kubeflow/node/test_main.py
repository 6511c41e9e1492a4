"""How a node refuses to start: one sentence in the log, before anything heavy is imported."""

import os
import re
import subprocess
import sys
from importlib import metadata

import pytest

from components.runtime.stack import TFX_VERSIONS, installed_stack
from kubeflow.package.recipe_codec import encode_recipe
from pipeline.recipes.loader import load_recipe
from tests.paths import ROOT

OTHER = next(stack for stack in TFX_VERSIONS if stack != installed_stack())
MLMD = {"MEDTFX_MLMD": "grpc://mlmd:8080"}


def start(environment=None, **changes):
    """Starts a node as a container does; returns exit code and output."""
    values = {
        "node": "SchemaGen",
        "recipe": encode_recipe(load_recipe("quickstart")),
        "stack": installed_stack(),
        "version": metadata.version("medtfx"),
        "run-id": "0f5b",
        "data": "/data",
        "root": "s3://bucket/tfx",
    }
    words = [f"--{name}={value}" for name, value in (values | changes).items()]
    # What a stopped node does not need, it must not have imported: TensorFlow takes ten seconds.
    script = "import runpy, sys; sys.modules['tensorflow'] = None; "
    script += "sys.argv[0] = 'node'; runpy.run_module('kubeflow.node', run_name='__main__')"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MEDTFX_", "METADATA_"))}
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        env={**kept, "PYTHONPATH": str(ROOT), **(MLMD if environment is None else environment)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stack": OTHER}, f"compiled for images of stack '{OTHER}'; this one has"),
        ({"run-id": "{{$.pipeline_job_uuid}}"}, r"backend 2\.5\.0 or newer"),
        ({"overrides": '["training.epochs=x"]'}, "training.epochs: "),
        ({"root": "minio://bucket"}, "For MinIO use s3://"),
        (
            {"node": "ImageExampleGen", "root": "gs://bucket/tfx"},
            "patient key is not set: put MEDTFX_PATIENT_KEY",
        ),
        ({"environment": {}}, "No address of ML Metadata"),
        ({"environment": {"MEDTFX_MLMD": "mysql://u:secret@h"}}, "has no database"),
    ],
)
def test_it_stops_with_a_sentence(changes, sentence):
    code, output = start(**changes)
    assert code == 1, output
    assert re.search(f" Error: .*{sentence}", output, re.DOTALL), output
    assert "Traceback" not in output and "secret@" not in output
