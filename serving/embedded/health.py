"""The gRPC health service, grpc.health.v1: for `grpc_health_probe` and Kubernetes.

Its two messages have one field each and are on the wire the same as protobuf's own wrappers:
HealthCheckRequest {string service = 1} as StringValue, HealthCheckResponse {ServingStatus
status = 1} as Int32Value. So no further package is needed. `Watch` is not offered, which
clients of the protocol must cope with.
"""

import grpc
from google.protobuf.wrappers_pb2 import Int32Value, StringValue

from serving.embedded.status_error import StatusError

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

    def check(self, request: StringValue) -> Int32Value:
        """Returns the response to a HealthCheckRequest.

        Raises:
            StatusError: there is no such service.
        """
        if request.value not in SERVICES:
            raise StatusError(grpc.StatusCode.NOT_FOUND, f"unknown service: {request.value}")
        return Int32Value(value=SERVING if self.serving else NOT_SERVING)
