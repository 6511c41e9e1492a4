import logging
from datetime import timedelta

import pytest

from serving.request_log.errors import RequestLogError
from serving.request_log.object_log import ObjectLog
from serving.request_log.reader import read_span
from serving.request_log.request_log import open_log
from serving.request_log.table import compact


@pytest.fixture
def bucket(s3, request):
    name = f"log-{abs(hash(request.node.name)) % 10**8}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def open_at(now):
    """Opens logs that upload when they are told to, an hour before NOW."""
    opened = []

    def start(address):
        opened.append(ObjectLog(address, lambda: now - timedelta(hours=1), seconds=3600))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def test_each_writer_uploads_parts_of_its_own(s3, bucket, open_at, make_record, span):
    address = f"s3://{bucket}/some/log"
    first, second = open_at(address), open_at(address + "/")
    first.add([make_record(1)])
    second.add([make_record(2), make_record(3)])
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0  # collected, not written
    first.upload()
    first.add([make_record(4)])
    first.close()
    second.close()
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert len(keys) == 3 and all(key.startswith("some/log/2026-11-28.") for key in keys)
    found = read_span(address, span)
    assert sorted(int(image, 16) for image in found.images) == [1, 2, 3, 4]
    assert compact(address, span.now.date()) == 0


def test_while_the_storage_fails_lines_wait(s3, bucket, open_at, make_record, span, caplog):
    log = open_at(f"s3://{bucket}/log")
    log.add([make_record(1)])
    s3.delete_bucket(Bucket=bucket)
    with caplog.at_level(logging.WARNING):
        log.upload()
    assert "1 predictions wait for the request log" in caplog.text
    s3.create_bucket(Bucket=bucket)
    log.add([make_record(2)])
    log.upload()
    found = read_span(f"s3://{bucket}/log", span)
    assert [int(image, 16) for image in found.images] == [1, 2]


def test_broken_lines_and_foreign_objects_are_counted_or_left_out(
    s3, bucket, open_at, make_record, span
):
    import gzip

    log = open_at(f"s3://{bucket}/log")
    log.add([make_record(1)])
    log.upload()
    s3.put_object(Bucket=bucket, Key="log/README", Body=b"mine")
    part = gzip.compress(b'{"time":"2026-11-28T1')
    s3.put_object(Bucket=bucket, Key="log/2026-11-28.000000000000-other.jsonl.gz", Body=part)
    found = read_span(f"s3://{bucket}/log", span)
    assert len(found) == 1 and found.faults == {"broken line": 1}


def test_a_part_that_is_no_gzip_is_an_error_with_a_remedy(s3, bucket, span):
    key = "log/2026-11-28.000000000000-other.jsonl.gz"
    s3.put_object(Bucket=bucket, Key=key, Body=b"none")
    with pytest.raises(RequestLogError, match=r"can't be read.*backup"):
        read_span(f"s3://{bucket}/log", span)


def test_what_is_no_log_is_an_error_with_a_remedy(s3, bucket, span):
    with pytest.raises(RequestLogError, match="there is no part of a log"):
        read_span(f"s3://{bucket}/none", span)
    with pytest.raises(RequestLogError, match="'no-such-bucket'"):
        open_log("s3://no-such-bucket/log")
    with pytest.raises(RequestLogError, match="Received: 'gs://bucket/log'"):
        open_log("gs://bucket/log")
