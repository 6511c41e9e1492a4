import pytest

from serving.production.storage import Storage
from serving.protocol.errors import ServingError


@pytest.mark.parametrize(
    ("text", "base_path", "uri"),
    [
        ("pvc://medtfx-models", "/models/chest", "pvc://medtfx-models/chest"),
        ("pvc://shared/medtfx/models/", "/models/chest", "pvc://shared/medtfx/models/chest"),
        ("gs://bucket/models", "gs://bucket/models/chest", "gs://bucket/models/chest"),
        ("s3://bucket", "s3://bucket/chest", "s3://bucket/chest"),
    ],
)
def test_addresses(text, base_path, uri):
    storage = Storage.parse(text)
    assert storage.base_path("chest") == base_path
    assert storage.uri("chest") == uri
    assert storage.readable == (not text.startswith("s3"))


@pytest.mark.parametrize("text", ["", "/models", "pvc://", "pvc://Claim", "http://x", "gs:///a"])
def test_what_is_no_address(text):
    with pytest.raises(ServingError, match=r"pvc://CLAIM/PATH .*Received"):
        Storage.parse(text)
