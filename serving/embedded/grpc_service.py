"""The gRPC services: PredictionService and ModelService, as far as medtfx's models have a use.

Classify, Regress and MultiInference take tf.Examples with plain features and are answered with
UNIMPLEMENTED.
"""

from collections.abc import Callable
from typing import Any

import grpc

from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)


def handlers(answers: PredictHandlers) -> list[grpc.GenericRpcHandler]:
    """Returns the services, to be added to a gRPC server."""
    prediction = {
        "Predict": _handler(answers.predict, predict_pb2.PredictRequest),
        "GetModelMetadata": _handler(
            answers.metadata, get_model_metadata_pb2.GetModelMetadataRequest
        ),
    }
    models = {
        "GetModelStatus": _handler(answers.status, get_model_status_pb2.GetModelStatusRequest),
        "HandleReloadConfigRequest": _handler(
            answers.reload, model_management_pb2.ReloadConfigRequest
        ),
    }
    return [
        grpc.method_handlers_generic_handler("tensorflow.serving.PredictionService", prediction),
        grpc.method_handlers_generic_handler("tensorflow.serving.ModelService", models),
    ]


def _handler(answer: Callable[[Any], Any], request_class: Any) -> grpc.RpcMethodHandler:
    def handle(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return answer(request)
        except StatusError as refused:
            return context.abort(refused.code, refused.message)

    return grpc.unary_unary_rpc_method_handler(
        handle,
        request_deserializer=request_class.FromString,
        response_serializer=lambda response: response.SerializeToString(),
    )
