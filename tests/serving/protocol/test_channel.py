import pytest

from serving.protocol.channel import open_channel, split_address
from serving.protocol.errors import ServingError


def test_host_and_port():
    assert split_address("model-server:8500") == ("model-server", 8500)
    assert split_address("[::1]:9000") == ("[::1]", 9000)


@pytest.mark.parametrize("address", ["localhost", "localhost:", ":8500", "localhost:x", "a:70000"])
def test_address_without_host_or_port(address):
    with pytest.raises(ServingError, match="host:port"):
        open_channel(address, None, [])
