"""The server under load, under attack, ended, and killed."""

import http.client
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import numpy as np
import pytest

from serving.client import Client
from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import to_tensor
from tests.paths import ROOT

CLIENTS = 8


@contextmanager
def load(address, image, attempts=1, timeout=30.0):
    """Asks all the time from several clients; gives the list of what they are answered.

    What a client raises is raised again at the end.
    """
    answers, stop = [], threading.Event()

    def ask():
        with Client(address, "tiny", attempts=attempts, timeout=timeout) as client:
            while not stop.is_set():
                answers.extend(client.predict([image]))

    with ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(ask) for _ in range(CLIENTS)]
        try:
            yield answers
        finally:
            stop.set()
        for one in asking:
            one.result()


# === Versions that change under load ===


def test_hot_swap_under_load_fails_no_request(start, base, push, dark, tools):
    with load(start(base).address, dark) as answers:
        tools.eventually(lambda: len(answers) > CLIENTS)
        for version in (2, 3, 4):
            push(base, version)
            tools.eventually(lambda v=version: answers[-1].version == v)
    assert {one.version for one in answers} == {1, 2, 3, 4}
    assert [one for one in answers if one.error or one.label != "dark"] == []


@pytest.mark.parametrize("order", ["graph first", "graph last"])
def test_a_version_that_is_copied_slowly_answers_only_when_it_can(
    start, base, tiny_model, dark, order
):
    """After each half of each file the server looks, and is asked."""
    server = start(base, poll_seconds=3600)
    files = sorted(path for path in tiny_model.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name == "saved_model.pb", reverse=order == "graph first")
    answering = []
    with Client(server.address, "tiny", attempts=1) as client:
        for file in files:
            target = base / "tiny" / "2" / file.relative_to(tiny_model)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = file.read_bytes()
            for part in (content[: len(content) // 2], content):
                target.write_bytes(part)
                server.manager.poll()
                (answer,) = client.predict([dark])
                assert answer.probabilities["bright"] == pytest.approx(0.2)
                answering.append(answer.version)
        assert [one.error for one in client.status()] == ["", ""]
    assert len(answering) >= 6
    assert answering[-1] == 2
    # Once it answers it stays, and it does not before its graph and variables are whole.
    assert answering == sorted(answering)
    assert answering.count(2) <= 2


# === Bad company ===


def test_junk_does_not_touch_requests_that_run_with_it(server, stubs, tools, dark):
    stub = stubs(server.address)
    requests = [tools.request(b"junk" if n % 8 == 3 else dark) for n in range(64)]
    calls = [stub.predictions.Predict.future(request, timeout=20) for request in requests]
    codes = [call.code().name for call in calls]
    assert codes == ["INVALID_ARGUMENT" if n % 8 == 3 else "OK" for n in range(64)]


def test_clients_that_stall_keep_nobody_waiting(start, base, dark):
    server = start(base, grace=0.2, threads=4)
    begun = b"POST /v1/models/tiny:predict HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{"
    beginnings = {
        server.rest_port: [b"", b"POST /v1/mod", begun],
        server.grpc_port: [b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"junk"],
    }
    stalled = []
    try:
        for port, beginning in itertools.chain.from_iterable(
            ((port, one) for one in sent) for port, sent in beginnings.items()
        ):
            for _ in range(10):
                stalled.append(socket.create_connection(("127.0.0.1", port), 10))
                stalled[-1].sendall(beginning)
        with Client(server.address, "tiny", attempts=1) as client:
            assert client.predict([dark] * 4)[3].label == "dark"
        assert rest_status(server.rest_port) == 200
        server.stop()  # after its grace, though some requests have not come to their end
    finally:
        for one in stalled:
            one.close()


def rest_status(port, body='{"signature_name": "double", "instances": [1]}'):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/models/tiny:predict", body)
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_message_that_is_too_large_is_refused_unread(start, base, stubs, tools, dark):
    server = start(base, max_message=1_000_000)
    stub = stubs(server.address)
    huge = stub.predictions.Predict.future(tools.request(dark + bytes(1_000_000)), timeout=10)
    assert huge.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert stub.predictions.Predict(tools.request(dark + bytes(900_000)), timeout=10).outputs


# === As a process ===


@pytest.fixture
def serve(base):
    """Starts `medtfx serve`: returns the process, the address of gRPC and the port of REST."""
    started = []

    def begin(port=0):
        process = subprocess.Popen(
            [Path(sys.executable).parent / "medtfx", "serve", "--model-base", base,
             "--port", str(port), "--rest-port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip
        started.append(process)
        said = re.search(r"gRPC on (\S+:\d+), REST on port (\d+)", process.stdout.readline())
        return process, said[1], int(said[2])

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_sigterm_drains(serve, stubs):
    process, address, rest_port = serve()
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = "tiny", "slow"
    request.inputs["steps"].CopyFrom(to_tensor(np.array(12_000), types_pb2.DT_INT32))
    predict = stubs(address).predictions.Predict
    calls = [predict.future(request, timeout=60) for _ in range(3)]
    with ThreadPoolExecutor(1) as pool:
        body = '{"signature_name": "slow", "inputs": 12000}'
        status = pool.submit(rest_status, rest_port, body)
        time.sleep(0.3)
        assert not any(call.done() for call in (*calls, status))
        process.send_signal(signal.SIGTERM)
        assert all(call.result().outputs["value"].float_val for call in calls)
        assert status.result() == 200
    assert process.wait(20) == 0


@pytest.mark.end_to_end
def test_killed_and_started_again(serve, dark, tools):
    process, address, _ = serve()
    # Seconds, not attempts, say how long a client goes on asking.
    with load(address, dark, attempts=10_000, timeout=120) as answers:
        tools.eventually(lambda: len(answers) > 10 * CLIENTS)
        process.kill()
        process.wait()
        before = len(answers)
        serve(int(address.rpartition(":")[2]))
        tools.eventually(lambda: len(answers) > before + 10 * CLIENTS, 60)
    assert [one for one in answers if one.error or one.label != "dark"] == []


WARM, ALL = 3_000, 10_000
GROWTH = 20 * 2**20  # bytes; kept requests of 20 KB would be 140 MB


@pytest.mark.end_to_end
def test_ten_thousand_requests_do_not_fill_the_memory(serve, stubs, tools, dark):
    process, address, _ = serve()
    stub = stubs(address).predictions
    kinds = [
        tools.request(dark + bytes(20_000)),
        tools.request(dark, dark, signature="explain"),
        tools.request(b"junk"),
        tools.request(dark, model="made-up"),
    ]

    def ask(number):
        request = kinds[number % len(kinds)]
        if request.model_spec.name != "tiny":
            request = tools.request(dark, model=f"made-up-{number}")
        return stub.Predict.future(request, timeout=60).code().name

    with ThreadPoolExecutor(CLIENTS) as pool:
        warm = [*pool.map(ask, range(WARM))]
        resident = resident_bytes(process.pid)
        found = [*warm, *pool.map(ask, range(WARM, ALL))]
    assert found == ["OK", "OK", "INVALID_ARGUMENT", "NOT_FOUND"] * (ALL // 4)
    assert resident_bytes(process.pid) - resident < GROWTH


def resident_bytes(pid):
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
