"""An S3 server on loopback: versitygw, since no account of Amazon's can be part of a test.

It checks signatures and the region, as Amazon and MinIO do.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.storage import s3 as s3_files
from tests.doubles.databases import free_port
from tests.doubles.go_tools import go_tool
from tests.doubles.listening import listening

REGION = "eu-central-1"  # not the one that clients take without being told


@contextlib.contextmanager
def s3_server() -> Iterator[Any]:
    """Yields a boto3 client of the server, which the environment names like MinIO."""
    import boto3

    with (
        tempfile.TemporaryDirectory(prefix="medtfx-s3-") as name,
        _gateway(Path(name)) as address,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("AWS_ENDPOINT_URL", address)
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "unguessable")
        patch.setenv("AWS_REGION", REGION)
        for other in ("AWS_CA_BUNDLE", "AWS_DEFAULT_REGION", "S3_ENDPOINT"):
            patch.delenv(other, raising=False)
        s3_files._client.cache_clear()  # it may know the server of another module
        yield boto3.client("s3", region_name=REGION)


@contextlib.contextmanager
def _gateway(folder: Path) -> Iterator[str]:
    """Keeps the server running within the block, and yields its address."""
    port = free_port()
    objects, beside = folder / "objects", folder / "beside"
    objects.mkdir()
    beside.mkdir()
    command = [go_tool("versitygw"), "--port", f"127.0.0.1:{port}", "--region", REGION, "--quiet",
               "posix", "--sidecar", str(beside), str(objects)]  # fmt: skip
    secrets = {"ROOT_ACCESS_KEY": "somebody", "ROOT_SECRET_KEY": "unguessable"}
    with listening(command, port, folder / "log", os.environ | secrets):
        yield f"http://127.0.0.1:{port}"
