"""The Service: the address of the servers inside the cluster."""

from typing import Any

from serving.production.flags import GRPC_PORT, REST_PORT
from serving.production.plan import Plan


def service(plan: Plan) -> dict[str, Any]:
    """Returns the Service: gRPC and REST on TensorFlow Serving's own ports."""
    ports = {"grpc": GRPC_PORT, "rest": REST_PORT}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": plan.metadata(plan.server),
        "spec": {
            "selector": plan.selector,
            "ports": [
                {"name": name, "port": port, "targetPort": name} for name, port in ports.items()
            ],
        },
    }
