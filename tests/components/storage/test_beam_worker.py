"""Workers of Beam in processes of their own, which the run's process has not prepared."""

import os
import subprocess
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.doubles.beam_engine import beam_engine
from tests.paths import ROOT

STEPS = """
import apache_beam as beam


def read_by_tensorflow(address):
    import tensorflow as tf

    with tf.io.gfile.GFile(address, "rb") as file:
        return file.read().decode()


def steps(pipeline):
    return (
        pipeline
        | beam.Create(["s3://site/x/in.txt"])
        | beam.Map(read_by_tensorflow)
        | beam.io.WriteToText("s3://site/x/out", shard_name_template="")
    )
"""
SCRIPT = """
import sys
import apache_beam as beam
from components.storage.object_storage import clean_exit, prepare, worker_options
from steps import steps

if __name__ == "__main__":
    with clean_exit():
        prepare("s3://site/x")
        with beam.Pipeline(argv=[*sys.argv[1:], *worker_options()]) as pipeline:
            steps(pipeline)
"""


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("tensorflow_io") is None, reason="no tensorflow-io for this stack"
    ),
]


@pytest.fixture
def run(s3, tmp_path):
    """Returns a function that runs the steps with options of Beam, and the folder of all that."""
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket="site")
    s3.put_object(Bucket="site", Key="x/in.txt", Body=b"read")
    (tmp_path / "steps.py").write_text(STEPS)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    def run(*options: str) -> None:
        done = subprocess.run(
            [sys.executable, str(script), *options],
            capture_output=True,
            text=True,
            env=environment(tmp_path),
            cwd=tmp_path,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert s3.get_object(Bucket="site", Key="x/out")["Body"].read() == b"read\n"

    return run


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}:{folder}"}


def test_a_pool_that_the_site_starts(run, tmp_path):
    with beam_engine(environment(tmp_path), tmp_path) as options:
        run(*options)
