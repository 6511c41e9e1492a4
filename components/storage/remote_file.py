"""Small files in object storage, read and written whole: s3:// by boto3, gs:// by Beam.

Neither needs TensorFlow, which on one of the stacks can't open s3:// at all.
"""

from typing import Any


def read(address: str) -> bytes:
    """Returns the content of a file.

    Raises:
        FileNotFoundError: there is none.
        OSError: the storage can't be reached, or does not let us in.
    """
    if not address.startswith("s3://"):
        systems = _file_systems()
        if not systems.exists(address):
            raise FileNotFoundError(address)
        with systems.open(address) as file:
            return file.read()
    answer = _s3("get_object", address)
    return answer["Body"].read()


def write(address: str, content: bytes) -> None:
    """Writes a file in one step: a reader sees the old one or the new one.

    Raises:
        OSError: the storage can't be reached, or does not let us in.
    """
    if address.startswith("s3://"):
        _s3("put_object", address, Body=content)
        return
    with _file_systems().create(address) as file:
        file.write(content)


def delete(address: str) -> None:
    """Deletes a file.

    Raises:
        OSError: the storage can't be reached, or does not let us in.
    """
    if address.startswith("s3://"):
        _s3("delete_object", address)
    else:
        _file_systems().delete([address])


def _s3(request: str, address: str, **values: Any) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        return getattr(boto3.client("s3"), request)(Bucket=bucket, Key=key, **values)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
            raise FileNotFoundError(address) from None
        raise OSError(str(error)) from error
    except BotoCoreError as error:
        raise OSError(str(error)) from error


def _file_systems() -> Any:
    from apache_beam.io.filesystems import FileSystems

    return FileSystems
