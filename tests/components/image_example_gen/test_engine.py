"""The whole node with its images at s3:// and workers in other processes, and in one process."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipeline.sample_data import CLASSES, write_sample_data
from tests.doubles.beam_engine import beam_engine, jobs_run
from tests.paths import ROOT

pytestmark = pytest.mark.slow

DATA = {
    "classes": list(CLASSES),
    "patient": {"from": "filename", "regex": r"^(?P<patient>P\d{4})"},
    "max_quarantine_share": 1.0,
    "min_per_split": 1,
    "min_per_class": 1,
}
SCRIPT = """
import json
import sys

from components.storage.object_storage import clean_exit, prepare, worker_options


def main(data, base, out, number, *options):
    from tfx.types import standard_artifacts

    from components.artifacts import TAKEN_OVER, Quarantine
    from components.image_example_gen.executor import Executor
    from components.storage.manifest import read_rows

    examples, listed = standard_artifacts.Examples(), Quarantine()
    examples.uri, listed.uri = f"{out}/examples/{number}", f"{out}/quarantine/{number}"
    workers = [*options, *worker_options()] if options else None
    properties = {"input_base": base, "data": data, "unlabelled": 0, "home": "", "source": ""}
    Executor(Executor.Context(beam_pipeline_args=workers, unique_id="1")).Do(
        {}, {"examples": [examples], "quarantine": [listed]}, properties
    )
    rows = [{**row, "digest": str(row["digest"]), "modified": 0} for row in read_rows(examples.uri)]
    known = listed.get_int_custom_property(TAKEN_OVER)
    print(json.dumps([sorted(rows, key=lambda row: row["path"]), listed.not_used, known]))


if __name__ == "__main__":
    with clean_exit():
        prepare(sys.argv[3])
        main(*sys.argv[1:])
"""


def run_node(folder: Path, base: str, out: str, *options: str, number=1) -> tuple[list, str, int]:
    """Returns the rows of the manifest, what was not used in words, and how many were known."""
    script = folder / "script.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(script), json.dumps(DATA), base, out, str(number), *options],
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows, not_used, known = json.loads(done.stdout.splitlines()[-1])
    return rows, not_used, known


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "MEDTFX_PATIENT_KEY": "a key of the site"}


def test_in_a_bucket_and_on_an_engine_the_rows_are_the_same(s3, tmp_path):
    base = tmp_path / "data"
    write_sample_data(base, patients_per_class=12, size=32)
    (base / "metadata.csv").rename(base / "about.csv")  # left out by rule
    s3.create_bucket(Bucket="films")
    for path in base.rglob("*"):
        if path.is_file():
            s3.upload_file(str(path), "films", f"all/{path.relative_to(base)}")
    rows, not_used, _ = run_node(tmp_path, str(base), str(tmp_path / "here"))
    assert {row["split"] for row in rows} == {"train", "eval", "test", None}
    assert sum(row["reason"] is None for row in rows) > 50
    assert ".csv (not_an_image_name)" in not_used
    # TensorFlow writes to s3:// on one of the stacks only; its images may lie there on both.
    out = "s3://films/out" if find_spec("tensorflow_io") else str(tmp_path / "out")
    with beam_engine(environment(), tmp_path) as options:
        assert run_node(tmp_path, "s3://films/all", out, *options) == (rows, not_used, 0)
        assert jobs_run(tmp_path) == 2  # parts of the manifest, shards
        old = next(row["path"] for row in rows if row["split"] == "train" and not row["reason"])
        new = f"{CLASSES[0]}/P9999_PA_1.png"
        s3.upload_file(str(base / old), "films", f"all/{new}")
        again, _, known = run_node(tmp_path, "s3://films/all", out, *options, number=2)
        assert known == sum(row["split"] is not None for row in rows)
        assert [row["path"] for row in again if row not in rows] == [new]
        assert len(again) == len(rows) + 1
        assert jobs_run(tmp_path) == 5  # and the shards of the first run
