"""Errors in words and the token; tests/serving/client/test_client.py has the retries."""

import grpc
import pytest

from serving.protocol.calls import Caller
from serving.protocol.errors import (
    ClosedError,
    DeadlineError,
    RequestError,
    ServerUnavailableError,
    TokenError,
    UnknownServableError,
)

CODE = grpc.StatusCode


class Failed(grpc.RpcError):
    def __init__(self, code, text):
        self._code, self._text = code, text

    def code(self):
        return self._code

    def details(self):
        return self._text


@pytest.mark.parametrize(
    ("code", "text", "kind", "words"),
    [
        (CODE.UNAVAILABLE, "no route", ServerUnavailableError, "No model server answers"),
        (CODE.CANCELLED, "Channel closed!", ClosedError, "the client was closed"),
        (CODE.CANCELLED, "by the server", RequestError, "CANCELLED: by the server"),
        (CODE.DEADLINE_EXCEEDED, "", DeadlineError, "within 2 s"),
        (CODE.UNAUTHENTICATED, "", TokenError, "none was shown. Set $MEDTFX_SERVING_TOKEN"),
        (CODE.NOT_FOUND, "no such", UnknownServableError, "no such"),
        (
            CODE.INVALID_ARGUMENT,
            "Unrecognized servable version label: x",
            UnknownServableError,
            "label: x",
        ),
        (CODE.INTERNAL, "\x1b[2Jcleared\n", RequestError, r"\x1b[2Jcleared\n"),
    ],
)
def test_an_error_says_what_it_means(code, text, kind, words):
    error = Caller("127.0.0.1:1", 2.0, 1).explain_error(Failed(code, text))
    assert type(error) is kind and words in str(error)
    assert str(error).isprintable()


def test_the_token_is_shown_and_not_printed():
    shown = []

    def method(request, timeout, metadata):
        shown.append(metadata)
        return "response"

    caller = Caller("127.0.0.1:1", 2.0, 1, token="a-token-of-some-length")
    assert caller.call(method, "request") == "response"
    assert shown == [(("authorization", "Bearer a-token-of-some-length"),)]
    assert "a-token" not in repr(caller)
    refused = caller.explain_error(Failed(CODE.UNAUTHENTICATED, ""))
    assert "another one was shown" in str(refused) and "a-token" not in str(refused)
