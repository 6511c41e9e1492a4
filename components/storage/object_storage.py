"""Object storage for what a run writes: artifacts and pushed models at gs:// or s3://.

TensorFlow itself opens gs://. For s3:// it needs the package tensorflow-io, which the stack `wide`
has; of the TensorFlow of `current` there is no build of it. Image folders at s3:// need none: they
are read by Beam and boto3.

For s3:// the environment says who asks and where: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_REGION, and AWS_ENDPOINT_URL for MinIO or any other server than Amazon's. AWS_CA_BUNDLE names
the certificates of a server with its own.
"""

import contextlib
import os
import sys
from collections.abc import Iterator, MutableMapping
from importlib.util import find_spec

from components.runtime.errors import MedtfxError
from components.storage import s3
from components.storage.files import is_remote

_SCHEMES = ("gs", "s3")
_S3_PLUGIN = "tensorflow_io"
_at_s3: list[str] = []  # what this process was prepared for


class StorageError(MedtfxError):
    """Artifacts or models can't be kept at an address."""


def check_address(what: str, address: str) -> None:
    """Refuses an address that no part of the stack could open; imports nothing heavy.

    Args:
        what: the option or parameter, for the message.
        address: a path, or an address of object storage.

    Raises:
        StorageError: the scheme is another than gs or s3, or s3 needs a package that is missing.
    """
    if not is_remote(address):
        return
    scheme = address.split("://", 1)[0]
    if scheme not in _SCHEMES:
        hint = ""
        if scheme == "minio":
            hint = " MinIO speaks s3://: set AWS_ENDPOINT_URL to its address."
        raise StorageError(
            f"{what} is a path, gs://BUCKET/... or s3://BUCKET/... Received: {address!r}.{hint}"
        )
    if scheme == "s3" and find_spec(_S3_PLUGIN) is None:
        raise StorageError(
            f"{what} can't be {address!r} on this stack: TensorFlow writes to s3:// through "
            "tensorflow-io, of which there is no build for the stack `current`. Mount the bucket "
            "as a volume (on Kubernetes through a CSI driver) and give the path, use gs://, or use "
            "the stack `wide`. Image folders (--data) may lie at s3:// on both."
        )


def prepare(*addresses: str) -> None:
    """Makes this process able to open the addresses. Call it before TFX is at work.

    Args:
        *addresses: where the run writes; paths are left alone.

    Raises:
        StorageError: see `check_address`; or the bucket can't be reached, or does not let us in.
    """
    for address in addresses:
        check_address("The address", address)
    if at_s3 := [address for address in addresses if s3.is_s3(address)]:
        share_settings(os.environ)
        for address in at_s3:
            if trouble := s3.trouble_with_bucket(address):
                raise StorageError(f"Nothing can be kept at {address}: {trouble}")
        import tensorflow_io  # noqa: F401  (registers s3:// with TensorFlow)

        _at_s3.extend(at_s3)


def share_settings(environment: MutableMapping[str, str]) -> None:
    """Gives boto3's settings for S3 to tensorflow-io, which reads them under other names.

    Raises:
        StorageError: the endpoint is no http address, for which both would search in vain.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        if not endpoint.startswith(("http://", "https://")):
            raise StorageError(
                "AWS_ENDPOINT_URL is the address of the S3 server, as http://minio:9000. Received: "
                f"{endpoint!r}"
            )
        environment["S3_ENDPOINT"] = endpoint
    names = ("AWS_REGION", "AWS_DEFAULT_REGION")
    region = next((environment[name] for name in names if environment.get(name)), None)
    if region or endpoint:
        for name in names:
            environment[name] = region or "us-east-1"
    if bundle := environment.get("AWS_CA_BUNDLE"):
        environment.setdefault("S3_CA_FILE", bundle)


@contextlib.contextmanager
def clean_exit() -> Iterator[None]:
    """Ends the process here, once the work in the block is done, if it was prepared for s3://.

    At the end of the interpreter a tensorflow-io that was at work aborts, and the exit code would
    say that the work failed.
    """
    code: object = 0
    try:
        yield
    except SystemExit as end:
        code = end.code
        if not _at_s3:
            raise
    if _at_s3:
        if code is not None and not isinstance(code, int):
            sys.stderr.write(f"{code}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))
