"""Clients that hold connections and calls of gRPC without ever sending a whole message."""

import socket
import threading
from contextlib import ExitStack, suppress

import grpc
import pytest

from tests.attack.test_mutations import PREDICT
from tests.serving.conftest import predict_request

# What a client of HTTP/2 may begin with, and then stop: RFC 9113, 3.4 and 6.5.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
PATIENCE = 200.0


def answers(victim, image):
    """Whether somebody else still gets a prediction."""
    with grpc.insecure_channel(victim.grpc) as channel:
        call = channel.unary_unary(PREDICT)
        message = predict_request(image).SerializeToString()
        return bool(call(message, timeout=PATIENCE, wait_for_ready=True))


@pytest.mark.parametrize("method", [PREDICT, "/grpc.health.v1.Health/Check"])
def test_calls_without_a_message_keep_nobody_out(server, dark, method):
    threads, never = server.threads(), threading.Event()
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.stream_unary(method)
        stalled = [call.future(iter(never.wait, None), timeout=PATIENCE) for _ in range(80)]
        assert answers(server, dark)
        assert server.threads() - threads < 80
        assert any(one.done() for one in stalled)


# Some stop before all that a connection needs is said, some after it.
STOPPED_AT = ([PREFACE[:10], PREFACE], [PREFACE + SETTINGS])
SLOW = [pytest.param(sent, marks=pytest.mark.slow) for sent in STOPPED_AT]


@pytest.mark.parametrize("sent", [[b""], *SLOW])
def test_connections_without_a_call_keep_nobody_out(server, dark, sent):
    host, _, port = server.grpc.rpartition(":")
    threads = server.threads()
    with ExitStack() as stack:
        for number in range(1_100):
            line = stack.enter_context(socket.create_connection((host, int(port)), 60))
            with suppress(OSError):  # refused, as one too many
                line.sendall(sent[number % len(sent)])
        assert answers(server, dark)
        assert server.threads() - threads < 50
