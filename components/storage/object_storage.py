"""Object storage for what a run writes: artifacts and pushed models at gs:// or s3://.

TensorFlow itself opens gs://. For s3:// it needs the package tensorflow-io, which the stack `wide`
has; there is no build for the TensorFlow of `current`. Image folders at s3:// do not need it: Beam
and boto3 read them.

For s3:// the environment gives credentials and address: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_REGION, and AWS_ENDPOINT_URL for MinIO or any other server than Amazon's. AWS_CA_BUNDLE names
the certificate authority of a server with its own certificates.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec

from components.storage import s3
from components.storage.files import is_remote
from components.storage.s3_settings import StorageError, share_settings

_SCHEMES = ("gs", "s3")
_S3_PLUGIN = "tensorflow_io"
_WORKER_MODULE = "components.storage.beam_worker"  # which Beam imports in each worker
_at_s3: list[str] = []  # addresses that this process was prepared for


def check_address(what: str, address: str) -> None:
    """Refuses an address that the installed stack can't open; imports nothing heavy.

    Args:
        what: name of the option or parameter, for the message.
        address: a path, or an address of object storage.

    Raises:
        StorageError: the scheme is neither gs nor s3, or s3 needs a package that is missing.
    """
    if not is_remote(address):
        return
    scheme = address.split("://", 1)[0]
    if scheme not in _SCHEMES:
        hint = ""
        if scheme == "minio":
            hint = " For MinIO use s3:// and set AWS_ENDPOINT_URL to its address."
        raise StorageError(
            f"{what} must be a path, gs://BUCKET/... or s3://BUCKET/...{hint} Received: {address!r}"
        )
    if scheme == "s3" and find_spec(_S3_PLUGIN) is None:
        raise StorageError(
            f"{what} can't be {address!r} on this stack: TensorFlow writes to s3:// through "
            "tensorflow-io, which has no build for the stack `current`. Mount the bucket "
            "as a volume (on Kubernetes through a CSI driver) and give the path, use gs://, or use "
            "the stack `wide`. Image folders (--data) may lie at s3:// on both."
        )


def prepare(*addresses: str) -> None:
    """Prepares this process to open the addresses. Call it before TFX runs.

    Args:
        *addresses: where the run writes; for paths nothing is done.

    Raises:
        StorageError: see `check_address`; or the bucket can't be reached, or refuses access.
    """
    for address in addresses:
        check_address("The address", address)
    if at_s3 := [address for address in addresses if s3.is_s3(address)]:
        share_settings(os.environ)
        for address in at_s3:
            if trouble := s3.trouble_with_bucket(address):
                raise StorageError(f"Nothing can be written to {address}: {trouble}")
        import tensorflow_io  # noqa: F401  (registers s3:// with TensorFlow)

        _at_s3.extend(at_s3)


def prepare_worker() -> None:
    """Prepares a worker of Beam, of which it is not known what it opens.

    In a process of its own, it has neither the settings of the one that started the run nor the
    file systems that were registered there.
    """
    share_settings(os.environ)
    if find_spec(_S3_PLUGIN):
        import tensorflow_io  # noqa: F401  (registers s3:// with TensorFlow)
    from apache_beam.io.filesystems import FileSystems
    from apache_beam.options.pipeline_options import PipelineOptions

    FileSystems.set_options(PipelineOptions([]))  # without options Beam refuses s3://


def worker_options() -> tuple[str, ...]:
    """Returns the options of Beam with which its workers open what `prepare` was called for."""
    return (f"--beam_plugin={_WORKER_MODULE}",) if _at_s3 else ()


@contextlib.contextmanager
def clean_exit() -> Iterator[None]:
    """Ends the process after the block, if it was prepared for s3://.

    When the interpreter ends, tensorflow-io aborts if it has been used, and the exit code would be
    that of a failure.
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
