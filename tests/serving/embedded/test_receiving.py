"""Messages that never become complete, against real servers and clients of gRPC."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc

from serving.embedded.receiving import Receiver

METHOD = "/a.Service/Echo"
LONG = 60.0


class Echo(grpc.GenericRpcHandler):
    """Answers with the message."""

    def __init__(self, receiver):
        self._receiver = receiver

    def service(self, call):
        return grpc.stream_unary_rpc_method_handler(self._receiver.receive)


@contextmanager
def serving(most, seconds, hurried):
    receiver = Receiver(most, seconds, hurried)
    server = grpc.server(ThreadPoolExecutor(20), handlers=[Echo(receiver)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    receiver.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
    finally:
        receiver.stop()
        server.stop(None).wait()


def stall(channel):
    """Begins a call whose message never comes."""
    never = threading.Event()
    return channel.stream_unary(METHOD).future(iter(never.wait, None), timeout=LONG)


def test_a_message_is_returned_as_it_was_sent():
    with serving(1, LONG, LONG) as channel:
        assert channel.unary_unary(METHOD)(b"abc", timeout=LONG) == b"abc"


def test_what_never_arrives_is_cancelled():
    with serving(1, 0.1, 0.1) as channel:
        assert stall(channel).code() == grpc.StatusCode.CANCELLED


def test_those_who_take_long_make_room_for_those_who_wait():
    with serving(2, LONG, 0.1) as channel:
        stalled = [stall(channel) for _ in range(6)]
        assert channel.unary_unary(METHOD)(b"abc", timeout=LONG) == b"abc"
        assert stalled[0].code() == grpc.StatusCode.CANCELLED


def test_as_long_as_nobody_waits_there_is_time():
    with serving(2, LONG, 0.1) as channel:
        slow = threading.Event()

        def late():
            slow.wait(LONG)
            yield b"abc"

        call = channel.stream_unary(METHOD).future(late(), timeout=LONG)
        threading.Timer(1.5, slow.set).start()
        assert call.result() == b"abc"
