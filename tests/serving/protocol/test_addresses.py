import pytest

from serving.protocol.addresses import in_brackets, is_loopback, split_address


def test_host_and_port():
    assert split_address("model-server:8500") == ("model-server", 8500)
    assert split_address("[::1]:9000") == ("[::1]", 9000)


def test_an_ipv6_address_gets_its_brackets():
    assert [in_brackets(host) for host in ("::1", "[::1]", "10.0.0.1")] == [
        "[::1]", "[::1]", "10.0.0.1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("127.8.0.1", True), ("localhost", True), ("::1", True),
        ("[::1]", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False),
        ("localhost.evil.example", False), ("", False),
    ],
)  # fmt: skip
def test_loopback(host, expected):
    assert is_loopback(host) is expected
