"""Folders of grey squares, and a server that fails as told.

make_folder    writes 16-px PNGs: name → grey level, or name → bytes of any file
scripted       starts a server whose answer a test scripts, image by image
run_job        scores a folder into a CSV, in this process
"""

from concurrent import futures
from contextlib import ExitStack
from types import SimpleNamespace

import grpc
import numpy as np
import pytest

from serving.client import Client
from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import strings, to_tensor
from serving.score.batch_scorer import BatchScorer, ask_origin
from serving.score.job import Job
from serving.score.listing import list_images
from serving.score.origin import Origin
from serving.score.rows import Row
from serving.score.summary import Summary
from serving.score.table import ScoreTable


@pytest.fixture
def origin():
    return Origin("tiny", 2, ("dark", "bright"))


@pytest.fixture
def make_row():
    def make(file, bright=0.75, version=2):
        label = "bright" if bright > 0.5 else "dark"
        return Row(file, label, (1 - bright, bright), False, version)

    return make


@pytest.fixture
def make_folder(tmp_path, tools):
    def make(files, name="images"):
        for path, content in files.items():
            place = tmp_path / name / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(tools.png(content) if isinstance(content, int) else content)
        return tmp_path / name

    return make


@pytest.fixture
def run_job():
    """Returns the summary; what is raised comes through."""

    def run(folder, out, address, restart=False, **settings):
        listing = list_images(folder)
        batch_size = settings.pop("batch_size", 4)
        with Client(address, "tiny", timeout=10, attempts=1) as client:
            origin = ask_origin(client)
            summary = Summary(origin, len(listing.images))
            with ScoreTable(out, origin, restart) as table:
                asker = BatchScorer(client, origin, listing.root)
                Job(
                    listing, asker, table, summary, batch_size, settings.pop("workers", 2),
                    settings.pop("progress", lambda _: None),
                ).run()  # fmt: skip
        return summary

    return run


@pytest.fixture
def scripted():
    """Starts a server that answers each image with 0.75 bright, unless `refuse` names a code.

    `refuse(image)` is given the bytes of each image of a request. `requests` lists their sizes.
    """
    with ExitStack() as servers:
        yield lambda refuse: _begin(refuse, servers)


def _begin(refuse, servers):
    requests = []

    def predict(request, context):
        images = request.inputs["image_bytes"].string_val
        requests.append(len(images))
        for image in images:
            if code := refuse(image):
                context.abort(code, "as the test says")
        return _answer(len(images))

    handler = grpc.unary_unary_rpc_method_handler(
        predict,
        request_deserializer=predict_pb2.PredictRequest.FromString,
        response_serializer=predict_pb2.PredictResponse.SerializeToString,
    )
    server = grpc.server(futures.ThreadPoolExecutor(4))
    service = "tensorflow.serving.PredictionService"
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {"Predict": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    servers.callback(lambda: server.stop(0).wait())
    return SimpleNamespace(address=f"127.0.0.1:{port}", requests=requests)


def _answer(rows):
    response = predict_pb2.PredictResponse()
    response.model_spec.version.value = 2
    probabilities = np.tile(np.array([0.25, 0.75], np.float32), (rows, 1))
    outputs = response.outputs
    outputs["probabilities"].CopyFrom(to_tensor(probabilities, types_pb2.DT_FLOAT))
    outputs["label"].CopyFrom(strings([b"bright"] * rows))
    names = strings([b"dark", b"bright"] * rows)
    names.tensor_shape.dim[0].size = rows
    names.tensor_shape.dim.add(size=2)
    outputs["labels"].CopyFrom(names)
    outputs["uncertain"].CopyFrom(to_tensor(np.zeros(rows, bool), types_pb2.DT_BOOL))
    return response
