"""The calls of TensorFlow Serving's two gRPC services that medtfx uses."""

from typing import Any

import grpc

from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)

PREDICTION_SERVICE = "/tensorflow.serving.PredictionService"
MODEL_SERVICE = "/tensorflow.serving.ModelService"


class PredictionServiceStub:
    """Calls `tensorflow.serving.PredictionService`.

    Args:
        channel: to the server.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self.Predict = _call(channel, f"{PREDICTION_SERVICE}/Predict", predict_pb2.PredictResponse)
        self.GetModelMetadata = _call(
            channel,
            f"{PREDICTION_SERVICE}/GetModelMetadata",
            get_model_metadata_pb2.GetModelMetadataResponse,
        )


class ModelServiceStub:
    """Calls `tensorflow.serving.ModelService`.

    Args:
        channel: to the server.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self.GetModelStatus = _call(
            channel, f"{MODEL_SERVICE}/GetModelStatus", get_model_status_pb2.GetModelStatusResponse
        )
        self.HandleReloadConfigRequest = _call(
            channel,
            f"{MODEL_SERVICE}/HandleReloadConfigRequest",
            model_management_pb2.ReloadConfigResponse,
        )


def _call(channel: grpc.Channel, path: str, response: Any) -> grpc.UnaryUnaryMultiCallable:
    return channel.unary_unary(
        path,
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=response.FromString,
    )
