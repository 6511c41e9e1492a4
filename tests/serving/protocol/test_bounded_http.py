"""The bounds, around the smallest application; tests/attack/test_bad_clients.py has the rest."""

import http.client
import socket
import threading

import pytest

from serving.protocol.bounded_http import HttpServer, listen


@pytest.fixture
def serve():
    """Starts an application that answers 'ok'; returns the port."""
    started = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    def begin(**options):
        started.append(HttpServer(app, "127.0.0.1", 0, **options))
        started[-1].start()
        return started[-1].port

    yield begin
    for server in started:
        server.stop()


def test_a_connection_is_kept_for_the_next_request(serve):
    connection = http.client.HTTPConnection("127.0.0.1", serve(), timeout=10)
    for _ in range(3):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"ok"
    connection.close()


def test_the_clock_of_a_header_does_not_run_between_requests(serve, tools):
    """It would close a connection that is kept for the next one."""
    port = serve(header_seconds=0.3)
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        for _ in range(3):
            line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert line.recv(10_000)
            # The pause is what is tested: longer than the clock allows for a header.
            threading.Event().wait(0.4)
        line.sendall(b"GET / HTTP/1.1\r\n")
        while line.recv(10_000):
            pass  # until it is closed


def test_a_request_that_is_no_http(serve):
    with socket.create_connection(("127.0.0.1", serve()), 10) as line:
        line.sendall(b"\x16\x03\x01 or so\r\n\r\n")
        assert line.recv(10_000).startswith(b"HTTP/1.1 400")


def test_an_address_of_either_kind():
    with listen("[::1]", 0) as six, listen("127.0.0.1", 0) as four:
        assert (six.family, four.family) == (socket.AF_INET6, socket.AF_INET)


def test_packets_are_not_held_back():
    """Nagle's algorithm would make every response 40 ms late."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
