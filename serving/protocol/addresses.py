"""Addresses of servers: 'host:port', and who can reach a host."""

import ipaddress

from serving.protocol.errors import ServingError


def is_loopback(host: str) -> bool:
    """Whether only programs of this machine reach a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def in_brackets(host: str) -> str:
    """Returns a host as it stands before ':port': an IPv6 address in brackets."""
    return f"[{host.strip('[]')}]" if ":" in host else host


def split_address(address: str) -> tuple[str, int]:
    """Returns host and port of 'host:port'; an IPv6 address keeps its brackets.

    Raises:
        ServingError: it is no such address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ServingError(
            "A model server is named as host:port of its gRPC port, such as localhost:8500. "
            f"Received: {address!r}."
        )
    return host, int(port)
