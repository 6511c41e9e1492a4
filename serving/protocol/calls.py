"""One gRPC call: its deadline, its retries, and the messages of its errors."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc

from components.runtime.environment import SERVING_TOKEN
from components.runtime.text import one_line
from serving.protocol.errors import (
    ClosedError,
    DeadlineError,
    RequestError,
    ServerUnavailableError,
    ServingError,
    TokenError,
    UnknownServableError,
)
from serving.protocol.tls import Tls
from serving.protocol.tls_diagnosis import tls_trouble
from serving.protocol.token import metadata_of

_CLOSED = "Channel closed!"  # gRPC's words where our own side ended the call
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 2.0  # seconds; doubled after each attempt


@dataclass(frozen=True)
class Caller:
    """Makes calls that may be repeated: a prediction, or a question about a model, changes nothing.

    Attributes:
        address: 'host:port', for the messages.
        timeout: seconds for a call, all its attempts together.
        attempts: at most so many; only UNAVAILABLE is tried again, as the request was not handled.
        tls: how the connection is encrypted; None for plain text.
        token: that is shown to the server, or None.
    """

    address: str
    timeout: float
    attempts: int
    tls: Tls | None = None
    token: str | None = field(default=None, repr=False)

    def call(self, method: Callable[..., Any], request: Any) -> Any:
        """Calls a stub's method.

        Raises:
            grpc.RpcError: the last attempt's error; `explain_error` puts it in words.
        """
        end, pause = time.monotonic() + self.timeout, _FIRST_PAUSE
        shown = metadata_of(self.token)
        for left in reversed(range(self.attempts)):
            try:
                return method(request, timeout=max(end - time.monotonic(), 0.001), metadata=shown)
            except grpc.RpcError as error:
                # Half to one and a half of the pause: clients of a server that restarts spread out.
                wait = pause * random.uniform(0.5, 1.5)
                late = time.monotonic() + wait >= end
                if error.code() != grpc.StatusCode.UNAVAILABLE or not left or late:
                    raise
                time.sleep(wait)
                pause = min(2 * pause, _LONGEST_PAUSE)
        raise AssertionError("the loop returns or raises")

    def explain_error(self, error: Any) -> ServingError:
        """Returns the exception for a `grpc.RpcError`: its meaning and the remedy."""
        # The text of a server ends up on a terminal.
        code, text = error.code(), one_line(error.details() or "")
        if code == grpc.StatusCode.UNAVAILABLE:
            return ServerUnavailableError(
                tls_trouble(self.address, self.tls)
                or f"No model server answers at {self.address} ({text}). Start one with "
                "`medtfx serve`, or correct the address: it is the gRPC port, 8500 unless changed."
            )
        if code == grpc.StatusCode.CANCELLED and text == _CLOSED:
            return ClosedError(
                f"The request to {self.address} has no response: the client was closed."
            )
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return DeadlineError(
                f"The model server at {self.address} did not answer within {self.timeout:g} s. "
                "Give it more time, send fewer images in a request, or look at its load."
            )
        if code == grpc.StatusCode.UNAUTHENTICATED:
            shown = "none was shown" if self.token is None else "another one was shown"
            return TokenError(
                f"The model server at {self.address} asks for a token, and {shown}. Set "
                f"${SERVING_TOKEN} to the one that the server was started with."
            )
        if is_unknown_servable(code, text):
            return UnknownServableError(f"The model server at {self.address} reports: {text}.")
        return RequestError(
            f"The model server at {self.address} refused the request with {code.name}: {text}"
        )


def is_unknown_servable(code: grpc.StatusCode, text: str) -> bool:
    """Whether the request named a model, version, label or signature that is not there.

    TensorFlow Serving answers an unknown label with INVALID_ARGUMENT, as it does a bad image: only
    the text tells them apart.
    """
    return (
        code == grpc.StatusCode.NOT_FOUND
        or text.startswith("Unrecognized servable version label")
        or (code == grpc.StatusCode.FAILED_PRECONDITION and "ignature" in text)
    )
