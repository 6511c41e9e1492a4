"""A gRPC channel to a model server."""

import grpc

from serving.protocol.addresses import is_loopback, split_address
from serving.protocol.tls import Tls

Options = list[tuple[str, int]]


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
