"""The calls of TensorFlow Serving's two gRPC services that medtfx uses."""

from typing import Any

import grpc

from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)


class PredictionServiceStub:
    """Calls `tensorflow.serving.PredictionService`.

    Args:
        channel: to the server.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        service = "/tensorflow.serving.PredictionService"
        self.Predict = _call(channel, f"{service}/Predict", predict_pb2.PredictResponse)
        self.GetModelMetadata = _call(
            channel, f"{service}/GetModelMetadata", get_model_metadata_pb2.GetModelMetadataResponse
        )


class ModelServiceStub:
    """Calls `tensorflow.serving.ModelService`.

    Args:
        channel: to the server.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        service = "/tensorflow.serving.ModelService"
        self.GetModelStatus = _call(
            channel, f"{service}/GetModelStatus", get_model_status_pb2.GetModelStatusResponse
        )
        self.HandleReloadConfigRequest = _call(
            channel,
            f"{service}/HandleReloadConfigRequest",
            model_management_pb2.ReloadConfigResponse,
        )


def _call(channel: grpc.Channel, path: str, response: Any) -> grpc.UnaryUnaryMultiCallable:
    return channel.unary_unary(
        path,
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=response.FromString,
    )
