"""Fixtures that more than one room needs."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Before TensorFlow is imported: what its C++ says at import buries what the tests say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _folder_from(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: it names a folder that is not part of the product")
    return Path(value)


@pytest.fixture
def real_data() -> Path:
    """Public research images: one folder a recipe."""
    return _folder_from("MEDTFX_DATA")


@pytest.fixture
def real_weights() -> Path:
    """Keras weight files of ImageNet networks."""
    return _folder_from("MEDTFX_WEIGHTS")


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A boto3 client of an S3 server on loopback, which the environment names like MinIO."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "unguessable")
        for name in ("AWS_CA_BUNDLE", "AWS_REGION", "AWS_DEFAULT_REGION", "S3_ENDPOINT"):
            patch.delenv(name, raising=False)
        yield boto3.client("s3")
    server.stop()
