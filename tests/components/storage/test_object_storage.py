import subprocess
import sys
from importlib.util import find_spec

import pytest

from components.storage import object_storage as storage
from components.storage.object_storage import check_address, prepare, worker_options
from components.storage.s3_settings import StorageError

needs_s3 = pytest.mark.skipif(
    find_spec("tensorflow_io") is None, reason="no tensorflow-io for this stack"
)


@pytest.mark.parametrize("address", ["/volume/root", "relative", "gs://bucket/root"])
def test_paths_and_google_storage_need_nothing(address, monkeypatch):
    monkeypatch.setattr(storage, "find_spec", lambda name: None)
    check_address("--root", address)


@pytest.mark.parametrize("address", ["hdfs://name/x", "https://host/x", "s4://bucket"])
def test_other_schemes_are_refused(address):
    with pytest.raises(StorageError, match=f"--root must be a path, gs://.*{address}"):
        check_address("--root", address)


def test_minio_is_sent_to_s3():
    with pytest.raises(StorageError, match="AWS_ENDPOINT_URL"):
        check_address("--models", "minio://bucket/models")


def test_s3_without_its_package_is_refused_with_the_ways_out(monkeypatch):
    monkeypatch.setattr(storage, "find_spec", lambda name: None)
    with pytest.raises(StorageError, match=r"Mount the bucket.*gs://.*wide.*--data"):
        check_address("--root", "s3://bucket/root")


# === A bucket ===


@needs_s3
def test_a_missing_bucket_is_a_sentence(s3):
    with pytest.raises(StorageError, match=r"s3://nowhere/root: the bucket .*404.*AWS_"):
        prepare("s3://nowhere/root", "/models")


@needs_s3
def test_the_exit_code_outlives_the_package(bucket):
    script = (
        "import sys; from components.storage.object_storage import clean_exit, prepare\n"
        "with clean_exit():\n"
        f"    prepare('{bucket}/x')\n"
        f"    import tensorflow as tf; assert not tf.io.gfile.exists('{bucket}/x/y')\n"
        "    print('last words'); sys.exit(3)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "last words\n"), done.stderr


def test_workers_are_prepared_for_what_the_process_was_prepared_for(monkeypatch):
    monkeypatch.setattr(storage, "_at_s3", [])
    assert worker_options() == ()
    prepare("/volume/root")
    assert worker_options() == ()
    monkeypatch.setattr(storage, "_at_s3", ["s3://site/root"])
    assert worker_options() == ("--beam_plugin=components.storage.beam_worker",)


def test_without_the_package_the_process_ends_as_ever():
    script = (
        "import sys; from components.storage.object_storage import clean_exit\n"
        "with clean_exit():\n    sys.exit('a message')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "a message\n")
