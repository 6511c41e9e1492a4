import pytest

from serving.protocol.channel import open_channel
from serving.protocol.errors import ServingError


@pytest.mark.parametrize("address", ["localhost", "localhost:", ":8500", "localhost:x", "a:70000"])
def test_address_without_host_or_port(address):
    with pytest.raises(ServingError, match="host:port"):
        open_channel(address, None, [])
