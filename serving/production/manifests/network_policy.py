"""The NetworkPolicy: TensorFlow Serving does not authenticate callers, so the network has to."""

from typing import Any

from serving.production.flags import GRPC_PORT, REST_PORT
from serving.production.plan import Plan

CLIENT_LABEL = {"medtfx/client": "true"}
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}


def network_policy(plan: Plan) -> dict[str, Any]:
    """Returns the NetworkPolicy.

    In come pods of this namespace that carry `CLIENT_LABEL`, and Prometheus from the namespace
    `monitoring`, to the REST port alone. Outgoing traffic goes to a bucket, if there is one.
    """
    asking = {"from": [{"podSelector": {"matchLabels": CLIENT_LABEL}}],
              "ports": [tcp(GRPC_PORT), tcp(REST_PORT)]}  # fmt: skip
    watching = {"from": [{"namespaceSelector": {"matchLabels": MONITORING}}],
                "ports": [tcp(REST_PORT)]}  # fmt: skip
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": plan.metadata(plan.server),
        "spec": {
            "podSelector": {"matchLabels": plan.selector},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [asking, watching],
            "egress": [] if plan.storage.is_mounted else [_bucket()],
        },
    }


def _bucket() -> dict[str, Any]:
    # Names, the bucket, and the machine's own service that says who is asking (80, and 988 on GKE).
    return {"ports": [{"protocol": "UDP", "port": 53}, *(tcp(n) for n in (53, 443, 80, 988))]}


def tcp(port: int) -> dict[str, Any]:
    """Returns a TCP port, as a NetworkPolicy names it."""
    return {"protocol": "TCP", "port": port}
