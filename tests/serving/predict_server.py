"""A server that answers Predict with what a test says: no real one fails as tests need it."""

from concurrent import futures

import grpc
import numpy as np

from serving.protocol.tensorflow_free import predict_pb2, types_pb2
from serving.protocol.tensors import strings, to_tensor


class PredictServer:
    """Answers Predict within a `with` block.

    Attributes:
        requests: those that came.
        address: 'host:port'.

    Args:
        answer: takes how many requests came, the request and its context; returns the response.
        credentials: of TLS; None for plain text.
    """

    def __init__(self, answer, credentials=None):
        self.requests = []
        self._server = grpc.server(futures.ThreadPoolExecutor(4))

        def predict(request, context):
            self.requests.append(request)
            return answer(len(self.requests), request, context)

        handler = grpc.unary_unary_rpc_method_handler(
            predict,
            request_deserializer=predict_pb2.PredictRequest.FromString,
            response_serializer=predict_pb2.PredictResponse.SerializeToString,
        )
        service = "tensorflow.serving.PredictionService"
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, {"Predict": handler}),)
        )
        if credentials:
            port = self._server.add_secure_port("127.0.0.1:0", credentials)
        else:
            port = self._server.add_insecure_port("127.0.0.1:0")
        self.address = f"127.0.0.1:{port}"

    def __enter__(self):
        self._server.start()
        return self

    def __exit__(self, *_):
        self._server.stop(0).wait()


def sent_images(request):
    """Returns the images of a request, encoded."""
    return request.inputs["image_bytes"].string_val


def response_to(request, version, labels, probabilities, label):
    """Returns a response that says the same, and is sure of it, of each image of a request."""
    rows = len(sent_images(request))
    response = predict_pb2.PredictResponse()
    response.model_spec.name = request.model_spec.name
    response.model_spec.version.value = version
    values = np.array([probabilities] * rows, np.float32)
    names = np.array([[name.encode() for name in labels]] * rows, object)
    response.outputs["probabilities"].CopyFrom(to_tensor(values, types_pb2.DT_FLOAT))
    response.outputs["label"].CopyFrom(strings([label.encode()] * rows))
    response.outputs["labels"].CopyFrom(to_tensor(names, types_pb2.DT_STRING))
    for flag in ("uncertain", "out_of_distribution"):
        response.outputs[flag].CopyFrom(to_tensor(np.zeros(rows, bool), types_pb2.DT_BOOL))
    return response
