"""The gRPC services: PredictionService and ModelService, as far as medtfx's models have a use.

Classify, Regress and MultiInference take tf.Examples with plain features and are answered with
UNIMPLEMENTED.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.wrappers_pb2 import StringValue

from serving.embedded.access import Access
from serving.embedded.health import Health
from serving.embedded.predict_handlers import PredictHandlers
from serving.embedded.receiving import Receiver
from serving.embedded.status_error import StatusError
from serving.protocol.byte_budget import BusyError, ByteBudget
from serving.protocol.message_bounds import TooManyFieldsError, check_fields
from serving.protocol.stubs import MODEL_SERVICE, PREDICTION_SERVICE
from serving.protocol.tensorflow_free import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
    predict_pb2,
)

Handler = Callable[[Any], Any]
Check = Callable[[str | None], None]
# (what answers, class of its request, check of `authorization`)
Method = tuple[Handler, Any, Check]


class Services(grpc.GenericRpcHandler):
    """All methods of a gRPC server, with bounds on the messages that it has in memory.

    Args:
        handlers: answer the requests.
        health: answers the health checks.
        access: who may ask. A caller without the token is refused before the message is read.
        receiver: waits for the messages.
        budget: of their bytes, until they are answered.
    """

    def __init__(
        self,
        handlers: PredictHandlers,
        health: Health,
        access: Access,
        receiver: Receiver,
        budget: ByteBudget,
    ) -> None:
        self._receiver, self._budget = receiver, budget
        self._methods: dict[str, Method] = {
            f"{PREDICTION_SERVICE}/Predict": (
                handlers.predict,
                predict_pb2.PredictRequest,
                access.check,
            ),
            f"{PREDICTION_SERVICE}/GetModelMetadata": (
                handlers.metadata,
                get_model_metadata_pb2.GetModelMetadataRequest,
                access.check,
            ),
            f"{MODEL_SERVICE}/GetModelStatus": (
                handlers.status,
                get_model_status_pb2.GetModelStatusRequest,
                access.check,
            ),
            f"{MODEL_SERVICE}/HandleReloadConfigRequest": (
                handlers.reload,
                model_management_pb2.ReloadConfigRequest,
                access.check_reload,
            ),
            "/grpc.health.v1.Health/Check": (health.check, StringValue, _nothing),
        }

    def service(self, call: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Returns what answers a call, or None where there is no such method."""
        if call.method not in self._methods:
            return None
        handler, request_class, check = self._methods[call.method]
        shown = {key: value for key, value in call.invocation_metadata if isinstance(value, str)}
        answer = partial(self._answer, handler, request_class)
        try:
            check(shown.get("authorization"))
        except StatusError as error:
            answer = partial(_abort, error)
        # To gRPC the one message is a stream of messages: it then leaves it to us when to read.
        return grpc.stream_unary_rpc_method_handler(
            answer, response_serializer=lambda response: response.SerializeToString()
        )

    def _answer(
        self, handler: Handler, request_class: Any, messages: Iterator[bytes], call: Any
    ) -> Any:
        try:
            message = self._receiver.receive(messages, call)
            with self._budget.hold() as count:
                count(len(message))
                check_fields(message, request_class.DESCRIPTOR)
                request = request_class.FromString(message)
                del message  # two copies are enough
                return handler(request)
        except StatusError as error:
            return call.abort(error.code, error.message)
        except BusyError as error:
            return call.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except TooManyFieldsError as error:
            return call.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except DecodeError:
            return call.abort(grpc.StatusCode.INTERNAL, "the message can't be parsed")
        except StopIteration:
            return call.abort(grpc.StatusCode.INVALID_ARGUMENT, "a call has one message")


def _nothing(_: str | None) -> None:
    """Health checks need no token."""


def _abort(error: StatusError, _: Any, call: grpc.ServicerContext) -> Any:
    call.abort(error.code, error.message)
