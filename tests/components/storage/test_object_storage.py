import subprocess
import sys
from importlib.util import find_spec

import pytest

from components.storage import object_storage as storage
from components.storage.object_storage import StorageError, check_address, prepare, share_settings

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


# === Settings of S3 ===


def test_one_endpoint_serves_both_libraries():
    environment = {"AWS_ENDPOINT_URL": "http://minio:9000"}
    share_settings(environment)
    assert environment == {
        "AWS_ENDPOINT_URL": "http://minio:9000",
        "S3_ENDPOINT": "http://minio:9000",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_the_endpoint_of_s3_alone_goes_before_the_general_one():
    environment = {"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "https://s3"}
    share_settings(environment)
    assert environment["S3_ENDPOINT"] == "https://s3"


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_region_is_known_under_both_names(name):
    environment = {name: "eu-central-1"}
    share_settings(environment)
    assert environment == {"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1"}


def test_amazon_needs_nothing_said():
    environment: dict[str, str] = {}
    share_settings(environment)
    assert environment == {}


def test_own_certificates_serve_both_libraries():
    environment = {"AWS_CA_BUNDLE": "/ca.pem"}
    share_settings(environment)
    assert environment["S3_CA_FILE"] == "/ca.pem"


def test_an_endpoint_without_scheme_is_refused():
    with pytest.raises(StorageError, match=r"http://minio:9000.*'minio:9000'"):
        share_settings({"AWS_ENDPOINT_URL": "minio:9000"})


# === A bucket ===


@needs_s3
def test_a_missing_bucket_is_a_sentence(s3, monkeypatch):
    monkeypatch.setattr(storage, "share_settings", lambda environment: None)  # it is ours
    with pytest.raises(StorageError, match=r"s3://nowhere/root: the bucket .*404.*AWS_"):
        prepare("s3://nowhere/root", "/models")


@needs_s3
@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_outlives_the_package(s3, code):
    s3.create_bucket(Bucket="work")
    script = (
        "import sys; from components.storage.object_storage import clean_exit, prepare\n"
        "with clean_exit():\n"
        "    prepare('s3://work/x')\n"
        "    import tensorflow as tf; assert not tf.io.gfile.exists('s3://work/x/y')\n"
        f"    print('last words'); sys.exit({code})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (code, "last words\n"), done.stderr


def test_without_the_package_the_process_ends_as_ever():
    script = (
        "import sys; from components.storage.object_storage import clean_exit\n"
        "with clean_exit():\n    sys.exit('a message')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "a message\n")
