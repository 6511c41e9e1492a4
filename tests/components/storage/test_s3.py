from datetime import datetime, timezone

import pytest

from components.storage.s3 import (
    delete_object,
    is_s3,
    list_objects,
    read_object,
    trouble_with_bucket,
    write_object,
)


def test_which_addresses_are_at_s3():
    assert is_s3("s3://bucket/key") and not is_s3("gs://bucket/key") and not is_s3("/s3/key")


@pytest.mark.parametrize(
    ("content", "size", "head"), [(b"abcdef", 3, b"abc"), (b"ab", 3, b"ab"), (b"", 3, b"")]
)
def test_the_first_bytes_of_an_object(bucket, content, size, head):
    write_object(f"{bucket}/x", content)
    assert read_object(f"{bucket}/x", size) == head


def test_objects_are_listed_by_key(bucket, s3):
    name = bucket.removeprefix("s3://")
    for number in range(3):
        s3.put_object(Bucket=name, Key=f"a/{number}.png", Body=b"x" * number)
    write_object(f"{bucket}/b", b"")
    found = [(one.key, one.size) for one in list_objects(f"{bucket}/a/")]
    assert found == [("a/0.png", 0), ("a/1.png", 1), ("a/2.png", 2)]
    assert list(list_objects(f"{bucket}/none/")) == []
    (only,) = list_objects(f"{bucket}/b")
    assert abs((datetime.now(timezone.utc) - only.modified).total_seconds()) < 3600


def test_the_region_is_that_of_the_environment(bucket, monkeypatch):
    assert trouble_with_bucket(bucket) == ""
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert "AWS_REGION" in trouble_with_bucket(bucket)


@pytest.mark.parametrize(
    ("variable", "value"), [("AWS_SECRET_ACCESS_KEY", "guessed"), ("AWS_ACCESS_KEY_ID", "nobody")]
)
def test_a_wrong_key_is_refused(bucket, monkeypatch, variable, value):
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)  # it knows the keys already
    monkeypatch.setenv(variable, value)
    assert variable in trouble_with_bucket(bucket)


@pytest.mark.parametrize(
    "call", [read_object, delete_object, lambda address: write_object(address, b"")]
)
def test_a_missing_bucket_is_an_error_with_its_address(bucket, call):
    with pytest.raises(OSError, match=f"{bucket}-other/x.*NoSuchBucket"):
        call(f"{bucket}-other/x")
