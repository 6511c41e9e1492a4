"""The whole pipeline with its images, artifacts and models on an S3 server."""

from importlib.util import find_spec

import pytest

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(find_spec("tensorflow_io") is None, reason="no tensorflow-io here"),
]

ROOT = "s3://site/medtfx"


@pytest.fixture(scope="module")
def command(machine, s3):
    for bucket in ("xrays", "site", "served"):
        s3.create_bucket(Bucket=bucket)
    for path in machine.data.rglob("*"):
        if path.is_file():
            s3.upload_file(str(path), "xrays", f"chest/{path.relative_to(machine.data).as_posix()}")
    s3.put_object(Bucket="xrays", Key="chest/COVID/")  # a folder, as consoles make one
    command = machine.run_command()
    command[command.index("--data") + 1] = "s3://xrays/chest"
    return [*command, "--root", ROOT, "--models", "s3://served"]


@pytest.fixture(scope="module")
def first(machine, command):
    before = here(machine)
    out = machine.medtfx(command)
    assert here(machine) == before, "something was written beside the bucket"
    return out


def here(machine) -> set[str]:
    """Returns the files of artifacts and models in the home."""
    folders = (machine.home.artifacts, machine.home.models)
    return {str(path) for folder in folders for path in folder.rglob("*")}


def keys(s3, bucket: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [found["Key"] for page in pages for found in page.get("Contents", ())]


def test_a_model_is_pushed_to_the_bucket_and_answers(machine, s3, first, tmp_path):
    import tensorflow as tf

    record = machine.last_record()
    folder = f"quickstart/{record.version}"
    assert record.served and record.paths.model == f"s3://served/{folder}"
    assert f"Pushed as version {record.version} of quickstart" in first
    for key in keys(s3, "served"):
        if not key.endswith("/"):
            assert key.startswith(folder), "nothing but the version may lie where a server polls"
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file("served", key, str(path))
    answer = tf.saved_model.load(str(tmp_path / folder)).signatures["serving_default"]
    image = next((machine.data / "COVID").glob("*.png")).read_bytes()
    assert answer(image_bytes=tf.constant([image]))["probabilities"].shape == (1, 3)


def test_all_artifacts_lie_there(machine, s3, first):
    nodes = {key.split("/")[3] for key in keys(s3, "site") if key.count("/") > 3}
    assert {"ImageExampleGen", "StatisticsGen", "Transform", "Trainer", "Evaluator"} <= nodes


def test_no_image_was_lost_on_the_way(machine, first):
    record = machine.last_record()
    files = [path for path in machine.data.glob("*/*") if path.is_file()]
    assert record.images + record.unreadable == len(files)
    assert record.unreadable == 6


def test_a_bucket_that_is_not_there_is_a_sentence(machine, command, s3):
    wrong = [*command, "--models", "s3://not-there/models"]
    out = machine.medtfx(wrong, 1)
    assert "the bucket 'not-there' can't be used" in out
    missing = command.copy()
    missing[missing.index("--data") + 1] = "s3://not-there/chest"
    assert "can't be listed" in machine.medtfx(missing, 1)
