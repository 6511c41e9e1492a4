import pytest
from tfx.dsl.io import fileio
from tfx.dsl.io.filesystem_registry import DEFAULT_FILESYSTEM_REGISTRY

from kubeflow.node.s3_files import S3Files, open_s3

WORK = "s3://files/work"


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """TFX opens s3:// by it, within the test alone."""
    names = ("_preferred_filesystem_by_scheme", "_filesystem_priority")
    for name in names:
        monkeypatch.setattr(DEFAULT_FILESYSTEM_REGISTRY, name, getattr(
            DEFAULT_FILESYSTEM_REGISTRY, name
        ).copy())  # fmt: skip
    open_s3()


@pytest.fixture(scope="module")
def bucket(s3):
    s3.create_bucket(Bucket="files")
    for key, body in {"a.txt": "ä", "b/c": "c", "b/d/e": "e", "beside": ""}.items():
        s3.put_object(Bucket="files", Key=f"work/{key}", Body=body.encode())
    return s3


def test_tfx_reads_objects(bucket):
    with fileio.open(f"{WORK}/a.txt") as file:
        assert file.read() == "ä"
    with fileio.open(f"{WORK}/b/c", "rb") as file:
        assert file.read() == b"c"


def test_a_folder_is_what_has_objects_below_it(bucket):
    assert fileio.listdir(WORK) == ["a.txt", "b", "beside"]
    assert [fileio.isdir(f"{WORK}/{name}") for name in ("b", "b/", "a.txt", "be")] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "there"), [("a.txt", True), ("a", False), ("b", True), ("b/d/e", True), ("z", False)]
)
def test_what_exists(bucket, name, there):
    fileio.makedirs(f"{WORK}/z")
    assert fileio.exists(f"{WORK}/{name}") is there


def test_a_folder_is_removed_with_all_that_is_in_it(bucket):
    bucket.put_object(Bucket="files", Key="old/b/c", Body=b"")
    bucket.put_object(Bucket="files", Key="older", Body=b"")
    fileio.rmtree("s3://files/old")
    assert not fileio.exists("s3://files/old") and fileio.exists("s3://files/older")
    with pytest.raises(fileio.NotFoundError):
        fileio.rmtree("s3://files/old")


def test_what_is_not_there_is_an_error_of_files(bucket):
    with pytest.raises(FileNotFoundError):
        fileio.open(f"{WORK}/z")


def test_nothing_is_written_by_it():
    with pytest.raises(NotImplementedError, match="mode 'w'"):
        S3Files.open(f"{WORK}/z", "w")
