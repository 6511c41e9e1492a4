"""An S3 server on loopback: moto's, since no account of Amazon's can be part of a test.

moto checks neither signature nor region.
"""

import contextlib
import logging
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from components.storage import s3 as s3_files


@contextlib.contextmanager
def s3_server() -> Iterator[Any]:
    """Yields a boto3 client of the server, which the environment names like MinIO."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # it logs every request
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "unguessable")
        for name in ("AWS_CA_BUNDLE", "AWS_REGION", "AWS_DEFAULT_REGION", "S3_ENDPOINT"):
            patch.delenv(name, raising=False)
        s3_files._client.cache_clear()  # it may know the server of another module
        yield boto3.client("s3")
    # What it keeps would otherwise be thrown away while the interpreter ends, with complaints.
    urllib.request.urlopen(f"http://{host}:{port}/moto-api/reset", data=b"").close()
    server.stop()
