"""The gRPC health service, grpc.health.v1: for `grpc_health_probe` and Kubernetes.

Its two messages have one field each and are on the wire the same as protobuf's own wrappers:
HealthCheckRequest {string service = 1} as StringValue, HealthCheckResponse {ServingStatus
status = 1} as Int32Value. So no further package is needed. `Watch` is not offered, which
clients of the protocol must cope with.
"""

import grpc
from google.protobuf.wrappers_pb2 import Int32Value, StringValue

SERVING, NOT_SERVING = 1, 2

# '' stands for the server; the others are the names under which TensorFlow Serving reports.
SERVICES = ("", "ModelService", "PredictionService")


class Health:
    """Reports whether the server takes requests.

    Attributes:
        serving: whether it does.
    """

    def __init__(self) -> None:
        self.serving = False

    def handler(self) -> grpc.GenericRpcHandler:
        """Returns the service, to be added to a gRPC server."""
        check = grpc.unary_unary_rpc_method_handler(
            self._check,
            request_deserializer=StringValue.FromString,
            response_serializer=Int32Value.SerializeToString,
        )
        return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": check})

    def _check(self, request: StringValue, context: grpc.ServicerContext) -> Int32Value:
        if request.value not in SERVICES:
            context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service: {request.value}")
        return Int32Value(value=SERVING if self.serving else NOT_SERVING)
