"""Requests and files with bytes changed at random: no crash, no traceback, no growth.

The seed is fixed, so that what fails once fails again.
"""

import http.client
import random
from base64 import b64encode

import grpc
import pytest

from tests.attack.victims import TOKEN
from tests.serving.conftest import predict_request
from tests.serving.tiny_model import png, stranger

PREDICT = "/tensorflow.serving.PredictionService/Predict"
GROWTH = 300 * 2**20


def mutated(data, dice):
    """Changes, cuts, doubles or inserts some bytes."""
    data = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at, kind = dice.randrange(len(data) + 1), dice.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            del data[at : at + dice.randint(1, 20)]
        elif kind == 2:
            data[at:at] = dice.randbytes(dice.randint(1, 20))
        elif kind == 3:
            data[at:at] = data[at : at + 50]
        else:
            data[at : at + 4] = dice.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"])
    return bytes(data)


@pytest.mark.parametrize("rounds", [100, pytest.param(5_000, marks=pytest.mark.slow)])
def test_requests_over_grpc(server, rounds):
    dice, before = random.Random(1), server.resident()
    whole = [
        predict_request(png(51), png(204)).SerializeToString(),
        predict_request(stranger(), signature="explain").SerializeToString(),
    ]
    allowed = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "INTERNAL"}
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.unary_unary(PREDICT)
        for _ in range(rounds):
            sent = mutated(dice.choice(whole), dice)
            code = call.future(sent, timeout=60).code().name
            # gRPC itself says UNKNOWN or INTERNAL where a message can't be parsed.
            assert code in allowed | {"UNKNOWN", "UNIMPLEMENTED"}, (code, sent)
    assert server.resident() - before < GROWTH


@pytest.mark.parametrize("rounds", [100, pytest.param(5_000, marks=pytest.mark.slow)])
def test_requests_over_rest(server, rounds):
    dice, before = random.Random(2), server.resident()
    b64 = b64encode(png(51)).decode()
    bodies = [
        f'{{"instances": [{{"b64": "{b64}"}}]}}',
        f'{{"signature_name": "explain", "inputs": {{"image_bytes": [{{"b64": "{b64}"}}]}}}}',
        '{"signature_name": "double", "instances": [1.5, 2, 1e3]}',
    ]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(rounds):
        body = mutated(dice.choice(bodies).encode(), dice)
        connection.request("POST", "/v1/models/tiny:predict", body)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) in ((200, True), (400, True), (404, True))
    connection.close()
    assert server.resident() - before < GROWTH


@pytest.mark.parametrize("rounds", [50, pytest.param(5_000, marks=pytest.mark.slow)])
def test_files_on_the_page(page, rounds):
    dice, before = random.Random(3), page.resident()
    images = [png(51), png(204, 64), stranger()]
    head = b'--b\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n\r\n'
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "multipart/form-data; boundary=b",
        "HX-Request": "true",
    }
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    for number in range(rounds):
        body = head + mutated(dice.choice(images), dice) + b"\r\n--b--\r\n"
        if number % 3 == 0:
            body = mutated(body, dice)
        connection.request("POST", "/predictions", body, headers)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) in ((200, True), (400, True), (413, True))
    connection.close()
    assert page.resident() - before < GROWTH
