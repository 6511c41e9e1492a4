"""A worker of Beam in a process of its own, which the run's process has not prepared."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.paths import ROOT

SCRIPT = """
import apache_beam as beam
from components.storage.object_storage import clean_exit, prepare, worker_options


def read_by_tensorflow(address):
    import tensorflow as tf

    with tf.io.gfile.GFile(address, "rb") as file:
        return file.read().decode()


if __name__ == "__main__":
    with clean_exit():
        prepare("s3://work/x")
        options = ["--direct_running_mode=multi_processing", "--direct_num_workers=1"]
        with beam.Pipeline(argv=[*options, *worker_options()]) as pipeline:
            (
                pipeline
                | beam.Create(["s3://work/x/in.txt"])
                | beam.Map(read_by_tensorflow)
                | beam.io.WriteToText("s3://work/x/out", shard_name_template="")
            )
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("tensorflow_io") is None, reason="no tensorflow-io for this stack")
def test_it_opens_s3_by_tensorflow_and_by_beam(s3, tmp_path):
    s3.create_bucket(Bucket="work")
    s3.put_object(Bucket="work", Key="x/in.txt", Body=b"read")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)

    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert s3.get_object(Bucket="work", Key="x/out")["Body"].read() == b"read\n"
