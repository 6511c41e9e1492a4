"""Small messages that would cost much: pixels, scans, frames, rows."""

import io
import struct
import zlib

import grpc
import numpy as np
import pytest
from PIL import Image

from serving.protocol.stubs import PredictionServiceStub
from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import strings, to_tensor

GROWTH = 600 * 2**20  # bytes beyond the loaded model, under all of them at once


def png_bomb(side):
    """A PNG of one grey: 20,000 x 20,000 pixels in 400 KB."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    deflater = zlib.compressobj(9)
    rows = b"".join(deflater.compress(bytes(side + 1)) for _ in range(side)) + deflater.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def scan_bomb(side=6_000, scans=2_000):
    """A progressive JPEG whose last scan comes again and again."""
    buffer = io.BytesIO()
    Image.new("L", (side, side), 99).save(buffer, "JPEG", progressive=True, quality=5)
    whole = buffer.getvalue()
    scan = whole[whole.rindex(b"\xff\xda") : -2]
    return whole[:-2] + scans * scan[:200] + whole[-2:]


def gif_bomb(frames=200, side=10_000):
    """A GIF of frames that are large by their descriptors alone."""
    buffer = io.BytesIO()
    Image.new("L", (1, 1)).save(buffer, "GIF")
    image = buffer.getvalue()
    start = image.index(b",")
    frame = image[start : start + 5] + struct.pack("<HH", side, side) + image[start + 9 : -1]
    return image[:start] + frames * frame + b";"


@pytest.fixture
def predict(server):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc, options) as channel:
        call = PredictionServiceStub(channel).Predict

        def ask(name="image_bytes", tensor=None, signature="serving_default"):
            request = predict_pb2.PredictRequest()
            request.model_spec.name, request.model_spec.signature_name = "tiny", signature
            request.inputs[name].CopyFrom(tensor)
            return call.future(request, timeout=120)

        yield ask


def test_bombs_are_refused_at_once_and_together(server, predict, dark):
    before = server.peak()
    half_declared = strings([dark])
    half_declared.tensor_shape.dim[0].size = 10**9
    tensors = [
        strings([png_bomb(20_000)]),
        strings([png_bomb(7_000)] * 5),  # each is small enough, together they are not
        strings([scan_bomb()]),
        strings([gif_bomb()]),
        strings([dark] * 1_000),
        strings([b""] * 1_000_000),
        half_declared,
    ]
    calls = [predict(tensor=tensor) for tensor in tensors for _ in range(2)]
    assert {call.code().name for call in calls} == {"INVALID_ARGUMENT"}
    assert server.peak() - before < GROWTH
    assert predict(tensor=strings([dark])).result().outputs["label"].string_val == [b"dark"]


def test_a_number_for_a_million_rows(server, predict):
    before = server.peak()
    tensor = to_tensor(np.zeros(1_000_000, np.float32), types_pb2.DT_FLOAT)
    assert predict("x", tensor, "double").code().name in ("OK", "INVALID_ARGUMENT")
    assert server.peak() - before < GROWTH
