"""The way to a model server: its address, and a gRPC channel to it."""

import ipaddress

import grpc

from serving.protocol.errors import ServingError
from serving.protocol.tls import Tls

Options = list[tuple[str, int]]


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


def open_channel(address: str, tls: Tls | None, options: Options) -> grpc.Channel:
    """Opens a channel; nothing is sent yet.

    Args:
        address: 'host:port'.
        tls: how it is encrypted; None for plain text.
        options: of gRPC.

    Raises:
        ServingError: the address is none.
    """
    host, _ = split_address(address)
    if is_loopback(host):
        # gRPC would send even these through the proxy of the environment, which can't reach them.
        options = [*options, ("grpc.enable_http_proxy", 0)]
    if tls is None:
        return grpc.insecure_channel(address, options)
    return grpc.secure_channel(address, tls.credentials(), options)
