import uuid

import pytest

from components.storage.s3 import delete_object, is_s3, read_object, write_object


@pytest.fixture
def bucket(s3):
    name = f"films-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return f"s3://{name}"


def test_which_addresses_are_at_s3():
    assert is_s3("s3://bucket/key") and not is_s3("gs://bucket/key") and not is_s3("/s3/key")


def test_an_object_is_written_read_and_deleted(bucket):
    address = f"{bucket}/a/film 1.png"
    for content in (b"first", b"second"):
        write_object(address, content)
        assert read_object(address) == content
    delete_object(address)
    with pytest.raises(FileNotFoundError, match=r"film 1\.png"):
        read_object(address)


@pytest.mark.parametrize(
    ("content", "size", "head"), [(b"abcdef", 3, b"abc"), (b"ab", 3, b"ab"), (b"", 3, b"")]
)
def test_the_first_bytes_of_an_object(bucket, content, size, head):
    write_object(f"{bucket}/x", content)
    assert read_object(f"{bucket}/x", size) == head


@pytest.mark.parametrize(
    "call", [read_object, delete_object, lambda address: write_object(address, b"")]
)
def test_a_missing_bucket_is_an_error_with_its_address(bucket, call):
    with pytest.raises(OSError, match=f"{bucket}-other/x.*NoSuchBucket"):
        call(f"{bucket}-other/x")
