"""Objects at s3://, by Amazon's own library.

TensorFlow opens s3:// on one stack only, and Beam makes a new client for each file it reads.
"""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.storage.s3_settings import share_settings

_HINT = (
    "Check the address, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and, unless it is "
    "Amazon's, AWS_ENDPOINT_URL"
)


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object below an address.

    Attributes:
        key: after the bucket.
        size: bytes.
        modified: when it was written; aware.
    """

    key: str
    size: int
    modified: datetime


def is_s3(address: str) -> bool:
    """Whether it is an address at s3://."""
    return address.startswith("s3://")


def read_object(address: str, size: int | None = None) -> bytes:
    """Reads a whole object, or its first `size` bytes.

    Raises:
        FileNotFoundError: there is no such object.
        OSError: it can't be read.
    """
    part = {} if size is None else {"Range": f"bytes=0-{size - 1}"}
    try:
        with _errors_of(address):
            return _client().get_object(**_names(address), **part)["Body"].read()
    except EOFError:
        return b""


def list_objects(address: str, deep: bool = True) -> Iterator[FoundObject]:
    """Yields the objects whose address begins with this one, as the bucket orders them: by key.

    Args:
        address: ends with / to name a folder.
        deep: whether those in folders below count too.

    Raises:
        OSError: the bucket can't be listed.
    """
    for page in _pages(address, {} if deep else {"Delimiter": "/"}):
        for found in page.get("Contents", ()):
            yield FoundObject(found["Key"], found["Size"], found["LastModified"])


def list_prefixes(address: str, among_objects: bool = False) -> list[str] | None:
    """Returns the names of the folders in a folder; None if there are objects beside them.

    Args:
        address: of the folder; ends with /.
        among_objects: whether there may be objects beside them.

    Raises:
        OSError: the bucket can't be listed.
    """
    above, names = key_of(address), []
    for page in _pages(address, {"Delimiter": "/"}):
        if not among_objects and any(found["Key"] != above for found in page.get("Contents", ())):
            return None
        names += [found["Prefix"][len(above) : -1] for found in page.get("CommonPrefixes", ())]
    return names


def _pages(address: str, options: dict[str, str]) -> Iterator[dict[str, Any]]:
    names = _names(address)
    with _errors_of(address):
        pages = _client().get_paginator("list_objects_v2")
        yield from pages.paginate(Bucket=names["Bucket"], Prefix=names["Key"], **options)


def key_of(address: str) -> str:
    """Returns what follows the bucket in an address."""
    return _names(address)["Key"]


def write_object(address: str, content: bytes) -> None:
    """Writes an object in one step.

    Raises:
        OSError: it can't be written.
    """
    with _errors_of(address):
        _client().put_object(**_names(address), Body=content)


def delete_object(address: str) -> None:
    """Deletes an object, if it is there.

    Raises:
        OSError: it can't be deleted.
    """
    with _errors_of(address):
        _client().delete_object(**_names(address))


def trouble_with_bucket(address: str) -> str:
    """Returns why the bucket of an address can't be used, and what to check; '' if it can.

    Call it first: Beam and TensorFlow try for minutes, and then give no reason.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    share_settings(os.environ)
    patience = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 2})
    bucket = _names(address)["Bucket"]
    try:
        boto3.client("s3", config=patience).head_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError, ValueError) as error:
        return f"the bucket {bucket!r} can't be used: {str(error).rstrip('.')}. {_HINT}."
    return ""


@functools.cache
def _client() -> Any:
    import boto3

    share_settings(os.environ)
    return boto3.client("s3")


def _names(address: str) -> dict[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


@contextmanager
def _errors_of(address: str) -> Iterator[None]:
    """Turns boto3's errors into those of a file; EOFError where a range is beyond the end."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code in ("NoSuchKey", "404"):
            raise FileNotFoundError(address) from None
        if code == "InvalidRange":
            raise EOFError(address) from None
        raise OSError(f"{address}: {error}") from error
    except BotoCoreError as error:
        raise OSError(f"{address}: {error}") from error
