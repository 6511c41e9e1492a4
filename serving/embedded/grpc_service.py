"""The gRPC services: PredictionService and ModelService, as far as medtfx's models have a use.

Classify, Regress and MultiInference take tf.Examples with plain features and are answered with
UNIMPLEMENTED.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import grpc

from serving.embedded.access import Access
from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.status_error import StatusError
from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)

Handler = Callable[[Any], Any]
Check = Callable[[str | None], None]


def services(handlers: PredictHandlers, access: Access) -> list[grpc.GenericRpcHandler]:
    """Returns the services, to be added to a gRPC server.

    Args:
        handlers: answer the requests.
        access: who may ask. A caller without the token is refused before the message is read.
    """
    asking, changing = access.check, access.check_reload
    prediction = {
        "Predict": (handlers.predict, predict_pb2.PredictRequest, asking),
        "GetModelMetadata": (
            handlers.metadata,
            get_model_metadata_pb2.GetModelMetadataRequest,
            asking,
        ),
    }
    models = {
        "GetModelStatus": (handlers.status, get_model_status_pb2.GetModelStatusRequest, asking),
        "HandleReloadConfigRequest": (
            handlers.reload,
            model_management_pb2.ReloadConfigRequest,
            changing,
        ),
    }
    return [
        _Service("tensorflow.serving.PredictionService", prediction),
        _Service("tensorflow.serving.ModelService", models),
    ]


class _Service(grpc.GenericRpcHandler):
    """The methods of one service: (handler, class of the request, check of `authorization`)."""

    def __init__(self, name: str, methods: Mapping[str, tuple[Handler, Any, Check]]) -> None:
        self._methods = {f"/{name}/{method}": of for method, of in methods.items()}

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Returns what answers a call, or None where it is not a method of this service."""
        if call.method not in self._methods:
            return None
        handler, request_class, check = self._methods[call.method]
        shown = {key: value for key, value in call.invocation_metadata if isinstance(value, str)}
        try:
            check(shown.get("authorization"))
        except StatusError as error:
            return grpc.stream_unary_rpc_method_handler(partial(_abort, error))
        return grpc.unary_unary_rpc_method_handler(
            partial(_answer, handler),
            request_deserializer=request_class.FromString,
            response_serializer=lambda response: response.SerializeToString(),
        )


def _answer(handler: Handler, request: Any, context: grpc.ServicerContext) -> Any:
    try:
        return handler(request)
    except StatusError as error:
        return context.abort(error.code, error.message)


def _abort(error: StatusError, _: Any, context: grpc.ServicerContext) -> Any:
    """Ends a call whose message has not been read: to gRPC it is a stream of messages."""
    context.abort(error.code, error.message)
