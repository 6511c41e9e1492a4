"""The DICOM node on Kubernetes: one pod with a volume of its own, and who may reach it."""

from typing import Any
from urllib.parse import urlsplit

from components.runtime.environment import DICOM_NODE_TOKEN, DICOMWEB_TOKEN
from serving.production.dicom_node import DICOM_PORT, HTTP_PORT, SPOOL, node_command
from serving.production.flags import GRPC_PORT
from serving.production.manifests.network_policy import CLIENT_LABEL, MONITORING, tcp
from serving.production.manifests.pod import confined, mounts_of, placement, volumes_of
from serving.production.plan import Plan

_SHARE = {"cpu": "1", "memory": "2Gi"}
_SPOOL_SIZE = "20Gi"
_LEAVING_SECONDS = 60


def name_of(plan: Plan) -> str:
    """Returns the name of the node's objects."""
    return f"{plan.name}-dicom"


def note(plan: Plan) -> str:
    """Returns what has to be known, for the top of the file."""
    name = name_of(plan)
    return (
        f"The DICOM node of {plan.model}. Its HTTP port asks for a token:\n"
        f"    kubectl create secret generic {name} --from-literal=token=$(openssl rand -hex 24)\n"
        f"A PACS outside of the cluster reaches port {DICOM_PORT} by a Service of its own, type\n"
        "LoadBalancer or NodePort. DICOM is not encrypted here: see --certificate and --key."
    )


def dicom_node(plan: Plan) -> list[dict[str, Any]]:
    """Returns the volume claim, the Deployment, the Service and the NetworkPolicy.

    Raises:
        ServingError: nobody would be allowed to send.
    """
    return [_claim(plan), _deployment(plan), _service(plan), _network_policy(plan)]


def _selector(plan: Plan) -> dict[str, str]:
    return {"app.kubernetes.io/name": "medtfx-dicom-node", "app.kubernetes.io/instance": plan.name}


def _metadata(plan: Plan) -> dict[str, Any]:
    made = plan.metadata(name_of(plan))
    return made | {"labels": made["labels"] | _selector(plan)}


def _claim(plan: Plan) -> dict[str, Any]:
    """The spool: SQLite needs locks, which a block volume has and many network shares have not."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(plan),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": _SPOOL_SIZE}},
        },
    }


def _deployment(plan: Plan) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(plan),
        "spec": {
            "replicas": 1,
            # Never two at a time: a spool has one node.
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": _selector(plan)},
            "template": {
                "metadata": {"labels": _selector(plan) | CLIENT_LABEL},
                "spec": _pod(plan),
            },
        },
    }


def _pod(plan: Plan) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": _LEAVING_SECONDS,
        "securityContext": {"fsGroup": 65534, "fsGroupChangePolicy": "OnRootMismatch"},
        "containers": [_container(plan)],
        "volumes": [
            *volumes_of(plan),
            {"name": "spool", "persistentVolumeClaim": {"claimName": name_of(plan)}},
        ],
        **placement(plan),
    }


def _container(plan: Plan) -> dict[str, Any]:
    health = {"httpGet": {"path": "/healthz", "port": "http"}, "timeoutSeconds": 5}
    return {
        "name": "dicom-node",
        "image": plan.app_image,
        "command": node_command(plan, plan.server),
        "workingDir": "/tmp",
        "env": [
            _secret(DICOM_NODE_TOKEN.name, plan, "token", optional=False),
            _secret(DICOMWEB_TOKEN.name, plan, "dicomweb-token", optional=True),
            {"name": "HOME", "value": "/tmp"},
        ],
        "ports": [
            {"name": "dicom", "containerPort": DICOM_PORT},
            {"name": "http", "containerPort": HTTP_PORT},
        ],
        "startupProbe": health | {"periodSeconds": 5, "failureThreshold": 24},
        "readinessProbe": health | {"periodSeconds": 10, "failureThreshold": 2},
        "livenessProbe": health | {"periodSeconds": 30, "failureThreshold": 4},
        "resources": {"requests": _SHARE, "limits": _SHARE},
        "securityContext": confined(),
        "volumeMounts": [*mounts_of(plan), {"name": "spool", "mountPath": SPOOL}],
    }


def _secret(variable: str, plan: Plan, key: str, optional: bool) -> dict[str, Any]:
    of = {"name": name_of(plan), "key": key, "optional": optional}
    return {"name": variable, "valueFrom": {"secretKeyRef": of}}


def _service(plan: Plan) -> dict[str, Any]:
    ports = {"dicom": DICOM_PORT, "http": HTTP_PORT}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(plan),
        "spec": {
            "selector": _selector(plan),
            "ports": [
                {"name": name, "port": port, "targetPort": name} for name, port in ports.items()
            ],
        },
    }


def _network_policy(plan: Plan) -> dict[str, Any]:
    """In come DICOM, from anywhere, and HTTP from this namespace's clients and from Prometheus.

    Out go requests to the model's server, results to the PACS, and names.
    """
    clients = [{"podSelector": {"matchLabels": CLIENT_LABEL}}]
    watching = [{"namespaceSelector": {"matchLabels": MONITORING}}]
    model = {
        "to": [{"podSelector": {"matchLabels": plan.selector}}],
        "ports": [tcp(GRPC_PORT)],
    }
    names = {"ports": [tcp(53), {"protocol": "UDP", "port": 53}]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(plan),
        "spec": {
            "podSelector": {"matchLabels": _selector(plan)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"ports": [tcp(DICOM_PORT)]},
                {"from": [*clients, *watching], "ports": [tcp(HTTP_PORT)]},
            ],
            "egress": [model, names, {"ports": [tcp(_pacs_port(plan))]}],
        },
    }


def _pacs_port(plan: Plan) -> int:
    to = plan.dicom.destination if plan.dicom else None
    if to is None or to.url is None:
        return to.port if to else 104
    parts = urlsplit(to.url)
    return parts.port or (443 if parts.scheme == "https" else 80)
