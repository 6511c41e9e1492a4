"""Objects at s3://, by Amazon's own library.

TensorFlow opens s3:// on one stack alone, and Beam makes a client for each file it reads.
"""

import functools
from typing import Any

_HINT = (
    "Check the address, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, unless it is Amazon's, "
    "AWS_ENDPOINT_URL"
)


def is_s3(address: str) -> bool:
    """Whether it is an address at s3://."""
    return address.startswith("s3://")


def read_object(address: str, size: int | None = None) -> bytes:
    """Reads a whole object, or its first `size` bytes.

    Raises:
        OSError: it can not be read.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, key = address.removeprefix("s3://").partition("/")
    part = {} if size is None else {"Range": f"bytes=0-{size - 1}"}
    try:
        return _client().get_object(Bucket=bucket, Key=key, **part)["Body"].read()
    except (BotoCoreError, ClientError) as error:
        if getattr(error, "response", {}).get("Error", {}).get("Code") == "InvalidRange":
            return b""  # the object is empty
        raise OSError(f"{address}: {error}") from error


def trouble_with_bucket(address: str) -> str:
    """Returns why the bucket of an address can't be used, and what to check; '' if it can.

    To be asked first: Beam and TensorFlow try for minutes, and then name no reason.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    patience = Config(connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 2})
    bucket = address.removeprefix("s3://").partition("/")[0]
    try:
        boto3.client("s3", config=patience).head_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError, ValueError) as error:
        return f"the bucket {bucket!r} can't be used: {str(error).rstrip('.')}. {_HINT}."
    return ""


@functools.cache
def _client() -> Any:
    import boto3

    return boto3.client("s3")
