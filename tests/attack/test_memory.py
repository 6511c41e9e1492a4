"""All that takes memory, sent to one server at the same time: it stays below the stated figure."""

import http.client
import io
import shutil
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from PIL import Image

from tests.attack.test_bombs import gif_bomb, png_bomb, scan_bomb
from tests.attack.test_mutations import PREDICT
from tests.attack.victims import SERVER, end, start
from tests.paths import ROOT
from tests.serving.conftest import predict_request

pytestmark = pytest.mark.slow
STATED = 3 * 10**9  # bytes beyond the loaded model
LONG = 600.0
MEGABYTE = 2**20


@pytest.fixture
def fresh(server, tmp_path):
    """A server of its own, whose memory holds nothing of other tests."""
    shutil.copytree(server.folder, tmp_path / "models")
    victim = start(SERVER, tmp_path, tmp_path / "log", tmp_path / "models")
    yield victim
    end(victim)


def large():
    """An image of 49 megapixels, within the bounds."""
    buffer = io.BytesIO()
    Image.new("RGB", (7_000, 7_000)).save(buffer, "PNG")
    return buffer.getvalue()


def field(number, content):
    """A field of bytes in a protobuf message."""
    size, length = len(content), b""
    while size > 127:
        length, size = length + bytes([size & 127 | 128]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def empty_strings():
    """A request of 60 MB: 31 million images of no byte, each of 80 bytes once it is parsed."""
    tensor = b"\x08\x07" + b"\x42\x00" * (30 * MEGABYTE)
    inputs = field(2, field(1, b"image_bytes") + field(2, tensor))
    return field(1, field(1, b"tiny")) + inputs


def rest(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
    connection.request("POST", "/v1/models/tiny:predict", body)
    return connection.getresponse().status


def test_the_stated_figure_holds_under_all_of_them_at_once(fresh, dark):
    assert "at most 3 GB" in (ROOT / "SECURITY.md").read_text()
    before = fresh.resident()
    bombs = [png_bomb(20_000), scan_bomb(), gif_bomb(), large()]
    messages = [predict_request(image).SerializeToString() for image in bombs]
    messages += [empty_strings(), field(15, bytes(60 * MEGABYTE))]
    bodies = [
        b'{"instances": [{"b64": "' + b"A" * (60 * MEGABYTE) + b'"}]}',
        b'{"instances": [' + b"[]," * 30_000 + b"[]]}",
    ]
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(fresh.grpc, options) as channel, ThreadPoolExecutor(32) as pool:
        call = channel.unary_unary(PREDICT)
        calls = [call.future(message, timeout=LONG) for message in messages for _ in range(6)]
        statuses = pool.map(rest, [fresh.port] * 32, bodies * 16)
        assert set(statuses) <= {400, 503}
        codes = {one.code().name for one in calls}
        assert codes <= {"OK", "INVALID_ARGUMENT", "UNAVAILABLE", "INTERNAL", "CANCELLED"}
        assert call(predict_request(dark).SerializeToString(), timeout=LONG)
    assert fresh.peak() - before < STATED
