import hashlib
import io
import json
import math
import os
import socket
import subprocess
import sys
import threading
import time

import grpc
import numpy as np
import pytest
from PIL import Image

from serving.client import Client
from serving.protocol.errors import (
    DeadlineError,
    RequestError,
    ServerUnavailableError,
    ServingError,
    UnknownServableError,
)
from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import strings
from serving.protocol.tls import Tls
from tests.doubles.databases import free_port
from tests.paths import ROOT
from tests.serving.predict_server import PredictServer, sent_images
from tests.serving.tiny_model import save_tiny_model


@pytest.fixture
def client(server):
    with Client(server.address, "tiny", timeout=10) as client:
        yield client


# === Asking the model ===


def test_each_image_is_answered_in_order(client, dark, bright):
    first, second = client.predict([dark, bright])
    assert (first.source, first.label, first.version, first.ok) == ("image 0", "dark", 2, True)
    assert second.label == "bright"
    assert list(second.probabilities) == ["dark", "bright"]
    assert second.probabilities["bright"] == pytest.approx(0.8, abs=1e-6)
    assert second.uncertain is False
    assert second.heatmap is None


def test_no_images_need_no_server():
    with Client("localhost:1", "tiny") as client:
        assert client.predict([]) == []


def test_an_image_in_between_is_uncertain(client, tools):
    (found,) = client.predict([tools.png(127)])
    assert (found.uncertain, found.out_of_distribution) == (True, False)


def test_an_image_of_another_kind_is_unfamiliar(client, tools):
    (found,) = client.predict([tools.stranger()])
    assert (found.uncertain, found.out_of_distribution) == (True, True)


def test_paths_of_any_format(client, tmp_path):
    pixels = np.full((20, 30), 60000, np.uint16)
    pixels[0, 0] = 0
    for name in ("a.tif", "b.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    found = client.predict([tmp_path / "a.tif", str(tmp_path / "b.png")])
    assert [one.source for one in found] == [str(tmp_path / "a.tif"), str(tmp_path / "b.png")]
    assert [one.label for one in found] == ["bright", "bright"]


def test_a_bad_image_is_an_error_of_its_own(client, dark, tmp_path):
    found = client.predict([b"junk", dark, b"", dark[:60], tmp_path / "none.png", dark])
    assert [one.ok for one in found] == [False, True, False, False, False, True]
    assert [one.source for one in found][:2] == ["image 0", "image 1"]
    errors = [one.error for one in found if one.error]
    assert [error.split(":")[0] for error in errors] == [
        "not_an_image",
        "empty",
        "truncated",
        "the file can't be read",
    ]
    assert found[0].version is None and found[0].probabilities == {}


def test_large_numbers_of_images_are_split(server, tools):
    levels = [int(level) for level in np.linspace(10, 245, 25)]
    with Client(server.address, "tiny", batch_size=4) as client:
        found = client.predict([tools.png(level) for level in levels])
    probabilities = [one.probabilities["bright"] for one in found]
    assert probabilities == pytest.approx([level / 255 for level in levels], abs=1e-6)
    assert len({one.source for one in found}) == 25


def test_explain_adds_a_heatmap(client, bright):
    found = client.predict([bright, bright], explain=True)
    assert found[1].heatmap.shape == (4, 4)
    assert found[1].heatmap.dtype == np.float32
    assert found[1].heatmap == pytest.approx(0.8)


def test_message_above_the_default_limit_of_grpc(client):
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), np.uint8)

    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert len(file.getvalue()) > 4 * 2**20
    assert client.predict([file.getvalue()])[0].ok


def test_a_version_may_be_named(start, base, push, dark, tools):
    push(base, 2)
    server = start(base)
    with Client(server.address, "tiny") as client:
        assert client.predict([dark], version=2)[0].version == 2


# === What is not there ===


def test_unknown_model_names_it(server, dark):
    with Client(server.address, "other") as client:
        with pytest.raises(UnknownServableError, match=r"Latest\(other\).*no model 'other'"):
            client.predict([dark])
        with pytest.raises(UnknownServableError, match="any versions of model other"):
            client.status()
        with pytest.raises(UnknownServableError, match="other"):
            client.metadata()


def test_unknown_version_names_those_that_answer(client, dark):
    with pytest.raises(UnknownServableError, match=r"Specific\(tiny, 7\).*that answer: 2\."):
        client.predict([dark], version=7)


def test_unknown_label(client, dark):
    # The same code as a bad image: it must not become an error of each image.
    with pytest.raises(UnknownServableError, match=r"label: stable.*that answer: 2"):
        client.predict([dark, dark], label="stable")


def test_version_and_label_exclude_each_other(client, dark):
    with pytest.raises(ServingError, match=r"not for both.*version 1 and label 'a'"):
        client.predict([dark], version=1, label="a")


@pytest.mark.parametrize("version", [-1, 2**63])
def test_impossible_version(client, dark, version):
    with pytest.raises(ServingError, match="number from 0 on"):
        client.predict([dark], version=version)


@pytest.mark.parametrize(
    "wrong", [{"timeout": 0}, {"timeout": math.nan}, {"attempts": 0}, {"max_pixels": 0}]
)
def test_impossible_settings(wrong):
    with pytest.raises(ServingError, match="Received: timeout"):
        Client("localhost:8500", "tiny", **wrong)


def test_model_without_a_name():
    with pytest.raises(ServingError, match="by its name"):
        Client("localhost:8500", "")


# === About the model ===


def test_status(client):
    (status,) = client.status()
    assert (status.version, status.state, status.error) == (2, "AVAILABLE", "")


def test_metadata(client):
    found = client.metadata()
    assert (found.model, found.version) == ("tiny", 2)
    assert found.signatures["explain"].inputs == {"image_bytes": "string[?]"}
    assert found.signatures["explain"].outputs["heatmap"] == "float[?,4,4]"
    assert found.signatures["slow"].inputs == {"steps": "int32[]"}


# === Servers that do not answer ===


def test_dead_server_is_said_within_the_deadline(dark):
    start = time.monotonic()
    with (
        Client(f"127.0.0.1:{free_port()}", "tiny", timeout=5) as client,
        pytest.raises(ServerUnavailableError, match=r"(?s)No model server.*`medtfx serve`"),
    ):
        client.predict([dark])
    assert time.monotonic() - start < 5


def test_server_that_never_answers(dark):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port, start = silent.getsockname()[1], time.monotonic()
        with (
            Client(f"127.0.0.1:{port}", "tiny", timeout=0.5) as client,
            pytest.raises(DeadlineError, match=r"did not answer within 0\.5 s"),
        ):
            client.predict([dark])
        assert 0.4 < time.monotonic() - start < 3


def test_server_that_comes_up_late(dark, base, start):
    port, found = free_port(), []

    def ask():
        with Client(f"127.0.0.1:{port}", "tiny", timeout=20, attempts=20) as client:
            found.extend(client.predict([dark]))

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.5)
    start(base, grpc_port=port)
    thread.join(20)
    assert found[0].label == "dark"


# === Another server of the same protocol ===


def answer_in_bytes(request):
    """Fills `tensor_content`, as TensorFlow Serving does if told so."""
    rows = len(sent_images(request))
    response = predict_pb2.PredictResponse()
    response.model_spec.version.value = 5
    for name, dtype, shape, content in [
        (
            "probabilities",
            types_pb2.DT_FLOAT,
            [rows, 2],
            np.array([0.25, 0.75], np.float32).tobytes(),
        ),
        ("label", types_pb2.DT_STRING, [rows], None),
        ("labels", types_pb2.DT_STRING, [rows, 2], None),
        ("uncertain", types_pb2.DT_BOOL, [rows], b"\1"),
    ]:
        tensor = response.outputs[name]
        tensor.dtype = dtype
        for size in shape:
            tensor.tensor_shape.dim.add(size=size)
        if content:
            tensor.tensor_content = content * rows
    response.outputs["label"].tensor_content = b"\1" * rows + b"b" * rows
    response.outputs["labels"].tensor_content = b"\1\1" * rows + b"ab" * rows
    return response


def test_answers_as_tensor_content(dark):
    with (
        PredictServer(lambda _, request, __: answer_in_bytes(request)) as other,
        Client(other.address, "m") as client,
    ):
        found = client.predict([dark, dark, dark])
    assert [(one.version, one.label, one.uncertain) for one in found] == [(5, "b", True)] * 3
    assert found[0].out_of_distribution is None  # as of a model of version 0.1.0
    assert found[2].probabilities == {"a": 0.25, "b": 0.75}


def test_unavailable_is_tried_again(dark):
    def answer(attempt, request, context):
        if attempt < 3:
            context.abort(grpc.StatusCode.UNAVAILABLE, "starting")
        return answer_in_bytes(request)

    with PredictServer(answer) as other, Client(other.address, "m") as client:
        assert client.predict([dark])[0].label == "b"
    assert len(other.requests) == 3


def test_attempts_have_an_end(dark):
    def answer(_, __, context):
        context.abort(grpc.StatusCode.UNAVAILABLE, "always starting")

    with (
        PredictServer(answer) as other,
        Client(other.address, "m", attempts=2) as client,
        pytest.raises(ServerUnavailableError, match="always starting"),
    ):
        client.predict([dark])
    assert len(other.requests) == 2


@pytest.mark.parametrize("code", ["INTERNAL", "RESOURCE_EXHAUSTED", "UNKNOWN", "UNIMPLEMENTED"])
def test_what_may_have_been_handled_is_not_tried_again(dark, code):
    def answer(_, __, context):
        context.abort(grpc.StatusCode[code], "no")

    with (
        PredictServer(answer) as other,
        Client(other.address, "m") as client,
        pytest.raises(RequestError, match=f"{code}: no"),
    ):
        client.predict([dark])
    assert len(other.requests) == 1


def test_batch_that_is_refused_is_sent_one_by_one(dark, bright):
    # As real TensorFlow Serving: one member that it can't decode fails the whole request.
    def answer(_, request, context):
        if any(image == bright for image in sent_images(request)):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Invalid PNG data\n\t[[node]]")
        return answer_in_bytes(request)

    with PredictServer(answer) as other, Client(other.address, "m") as client:
        found = client.predict([dark, bright, dark])
    assert [one.label for one in found] == ["b", None, "b"]
    assert found[1].error == "the model refused it: Invalid PNG data"
    assert len(other.requests) == 4


def test_model_of_another_contract(dark):
    def answer(_, __, ___):
        response = predict_pb2.PredictResponse()
        response.outputs["scores"].CopyFrom(strings([b"x"]))
        return response

    with (
        PredictServer(answer) as other,
        Client(other.address, "m") as client,
        pytest.raises(RequestError, match="are scores"),
    ):
        client.predict([dark])


def test_answer_of_another_length(dark):
    def answer(_, request, ___):
        sent_images(request).append(b"")
        return answer_in_bytes(request)

    with (
        PredictServer(answer) as other,
        Client(other.address, "m") as client,
        pytest.raises(RequestError, match="for 1 images the sizes are"),
    ):
        client.predict([dark])


# === Limits ===


def test_an_image_with_too_many_pixels_is_not_decoded(server, dark):
    with Client(server.address, "tiny", max_pixels=16 * 16 - 1) as client:
        (answer,) = client.predict([dark])
    assert answer.error.startswith("too_large: the file says 16 x 16 = ")


# === Encryption ===


def test_encrypted_connection(dark, authority):
    pair = authority.issue()
    keys = [(pair.key.read_bytes(), pair.certificate.read_bytes())]
    credentials = grpc.ssl_server_credentials(keys)
    with PredictServer(lambda _, request, __: answer_in_bytes(request), credentials) as other:
        with Client(other.address, "m", tls=Tls(authority.roots)) as client:
            assert client.predict([dark])[0].label == "b"
        with (
            Client(other.address, "m", attempts=1) as plain,
            pytest.raises(ServerUnavailableError, match="requires TLS, but the client"),
        ):
            plain.predict([dark])


# === What it costs ===


def test_neither_tensorflow_nor_tfx_is_imported(server, tmp_path, dark):
    (tmp_path / "dark.png").write_bytes(dark)
    code = (
        "import sys, serving.client.client as c\n"
        f"p = c.Client({server.address!r}, 'tiny').predict([{str(tmp_path / 'dark.png')!r}])\n"
        "heavy = {'tensorflow', 'tensorflow.python', 'tfx', 'keras', 'apache_beam'}\n"
        "print(p[0].label, heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True,
        env=os.environ | {"http_proxy": "http://127.0.0.1:9"},
    )  # fmt: skip
    assert done.stdout.strip() == "dark set()"


# === The request log ===


def test_predictions_are_logged_and_errors_are_not(server, dark, bright, tmp_path):
    folder = tmp_path / "log"
    with Client(server.address, "tiny", log=folder) as client:
        client.predict([dark, b"junk", bright])
    (file,) = folder.glob("*.jsonl")
    first, second = map(json.loads, file.read_text().splitlines())
    assert first["image"] == hashlib.sha256(dark).hexdigest()
    assert (first["model"], first["version"], first["label"]) == ("tiny", 2, "dark")
    assert second["probabilities"]["bright"] == pytest.approx(0.8, abs=1e-6)
    assert second["latency_ms"] > 0 and second["format"] == "PNG"


def test_with_a_log_the_embedding_is_asked_for(server, dark, tmp_path):
    with Client(server.address, "tiny", log=tmp_path / "log") as client:
        (found,) = client.predict([dark])
    assert found.embedding is not None and found.embedding.shape == (32,)
    assert found.out_of_distribution_score == pytest.approx(-60, abs=1e-3)


def test_a_version_without_embeddings_is_asked_and_logged_without(start, tmp_path, dark):
    save_tiny_model(tmp_path / "models" / "tiny" / "1", embeds=False)
    address = start(tmp_path / "models").address
    with Client(address, "tiny", log=tmp_path / "log") as client:
        found = client.predict([dark]) + client.predict([dark])
    assert [one.label for one in found] == ["dark", "dark"]
    (file,) = (tmp_path / "log").glob("*.jsonl")
    assert [json.loads(line)["embedding"] for line in file.open()] == [None, None]


def test_a_newer_version_with_embeddings_is_noticed(start, tmp_path, push, dark, tools):
    models = tmp_path / "models"
    save_tiny_model(models / "tiny" / "1", embeds=False)
    with Client(start(models).address, "tiny", log=tmp_path / "log") as client:
        assert client.predict([dark])[0].embedding is None
        push(models, 2)
        tools.eventually(lambda: client.predict([dark])[0].version == 2)
        assert client.predict([dark])[0].embedding is not None
