"""Who may ask the embedded server, and who may change what it serves."""

import hmac
from dataclasses import dataclass, field

import grpc

from components.runtime.environment import RELOAD_TOKEN, SERVING_TOKEN
from serving.embedded.status_error import StatusError
from serving.protocol.addresses import is_loopback
from serving.protocol.errors import ServingError
from serving.protocol.token import bearer, check_length


@dataclass(frozen=True)
class Access:
    """What callers have to know.

    Attributes:
        token: for any request but the health check; None lets everybody in.
        reload_token: for a request that changes the configuration; None: nobody may. Who knows it
            may ask for everything else, too.
    """

    token: str | None = field(default=None, repr=False)
    reload_token: str | None = field(default=None, repr=False)

    def check(self, authorization: str | None) -> None:
        """Checks the `authorization` of a request: 'Bearer <token>'.

        Raises:
            StatusError: the token is missing or wrong.
        """
        allowed = [one for one in (self.token, self.reload_token) if one is not None]
        if self.token is not None and not any(_same(authorization, one) for one in allowed):
            raise StatusError(
                grpc.StatusCode.UNAUTHENTICATED,
                "This server asks for a token: send `authorization: Bearer TOKEN` as metadata "
                "(gRPC) or header (REST).",
            )

    def check_tokens(self) -> None:
        """Checks the tokens themselves.

        Raises:
            ServingError: one is too short, or both are the same.
        """
        for token in (self.token, self.reload_token):
            check_length(token)
        if self.token is not None and self.token == self.reload_token:
            raise ServingError(
                f"${RELOAD_TOKEN} and ${SERVING_TOKEN} are the same: whoever may predict could "
                "then change what is served. Give another token to one of them."
            )

    def check_reload(self, authorization: str | None) -> None:
        """Checks the `authorization` of a request that changes the configuration.

        Raises:
            StatusError: reload is switched off, or the token is missing or wrong.
        """
        if self.reload_token is None:
            raise StatusError(
                grpc.StatusCode.PERMISSION_DENIED,
                "This server takes no other configuration by request. Start it with "
                "--allow-reload, or change its models.config.",
            )
        if not _same(authorization, self.reload_token):
            raise StatusError(
                grpc.StatusCode.UNAUTHENTICATED,
                "A reload asks for the token that the server was started with: send "
                "`authorization: Bearer TOKEN` as metadata.",
            )


def check_exposure(host: str, encrypted: bool, token: str | None, insecure: bool) -> None:
    """Refuses a server that others can reach, unless it encrypts and asks who calls.

    Args:
        host: address to listen on.
        encrypted: whether the server has a certificate.
        token: that callers have to know, or None.
        insecure: whether the user takes the responsibility.

    Raises:
        ServingError: the host is not loopback and TLS or the token is missing.
    """
    if is_loopback(host) or insecure or (encrypted and token is not None):
        return
    missing = [] if encrypted else ["--certificate and --key"]
    missing += [] if token is not None else [f"a token in ${SERVING_TOKEN}"]
    raise ServingError(
        f"With --host {host} others reach the server, so it needs TLS and a token. Missing: "
        f"{' and '.join(missing)}. Where a proxy does both, say --insecure."
    )


def _same(authorization: str | None, token: str) -> bool:
    return hmac.compare_digest((authorization or "").encode(), bearer(token).encode())
