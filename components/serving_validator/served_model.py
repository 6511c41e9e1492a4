"""A client of the served model, over gRPC in TensorFlow Serving's protocol."""

from collections.abc import Callable, Sequence
from typing import Any

import grpc
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from components.runtime.errors import first_line
from components.serving_validator.server_process import ServerProcess
from components.serving_validator.unservable import UnservableError

IMAGE_INPUT = "image_bytes"
PREDICT, EXPLAIN = "serving_default", "explain"
Outputs = dict[str, NDArray[Any]]  # name of the output → [B, ...]

_OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),  # the server is on this machine
]


class RequestRefusedError(Exception):
    """The server refused a request.

    Args:
        code: name of gRPC's status code, for example INVALID_ARGUMENT.
        text: first line of the message.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class ServedModel:
    """One model on a server.

    Args:
        server: the process of the server.
        address: 'host:port' of gRPC.
        name: name of the model.
        seconds: longest time of a request.
    """

    def __init__(self, server: ServerProcess, address: str, name: str, seconds: float) -> None:
        self._server, self._name, self._seconds = server, name, seconds
        self._metadata = (("authorization", f"Bearer {server.token}"),)
        self._channel = grpc.insecure_channel(address, options=_OPTIONS)
        self._predictions = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)

    def __enter__(self) -> "ServedModel":
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def load_error(self) -> str | None:
        """Returns why the model can't be loaded; None if it is loaded."""
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = self._name
        (status,) = self._call(self._models.GetModelStatus, request).model_version_status
        if status.state == get_model_status_pb2.ModelVersionStatus.AVAILABLE:
            return None
        return first_line(status.status.error_message)

    def signatures(self) -> dict[str, set[str]]:
        """Returns the names of the outputs of each signature."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = self._name
        response = self._call(self._predictions.GetModelMetadata, request)
        found = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(found)
        return {
            name: set(value.outputs)
            for name, value in found.signature_def.items()
            if not name.startswith("__")  # TensorFlow's own
        }

    def predict(self, signature: str, images: Sequence[bytes]) -> Outputs:
        """Sends encoded images to a signature, in one request.

        Args:
            signature: name of the signature.
            images: PNG or JPEG.

        Returns:
            Name of the output → array [B, ...].

        Raises:
            RequestRefusedError: the server refused the request.
            UnservableError: no response in time, or the server has ended.
        """
        response = self._call(
            self._predictions.Predict, predict_request(self._name, signature, images)
        )
        return {
            name: np.asarray(tf.make_ndarray(value)) for name, value in response.outputs.items()
        }

    def _call(self, method: Callable[..., Any], request: Any) -> Any:
        try:
            return method(request, timeout=self._seconds, metadata=self._metadata)
        except grpc.RpcError as error:
            raise self._translated(error) from error

    def _translated(self, error: Any) -> Exception:
        if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
            return UnservableError(
                f"the served model did not respond within {self._seconds:g} s", conclusive=False
            )
        if error.code() == grpc.StatusCode.UNAVAILABLE:
            ending = (
                self._server.wait_for_end()
                or f"the model server does not respond ({error.details()})"
            )
            return UnservableError(f"{ending} during a request", conclusive=False)
        return RequestRefusedError(error.code().name, first_line(error.details()))


def predict_request(name: str, signature: str, images: Sequence[bytes]) -> Any:
    """Returns the PredictRequest of a signature for encoded images."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = name, signature
    request.inputs[IMAGE_INPUT].CopyFrom(
        tf.make_tensor_proto(list(images), tf.string, [len(images)])
    )
    return request
