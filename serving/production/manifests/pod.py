"""The pod of a server: one container, as little allowed as TensorFlow Serving can do with."""

from collections.abc import Mapping
from typing import Any

from serving.production.flags import (
    BINARY,
    CONFIG_FOLDER,
    GRPC_PORT,
    REST_PORT,
    ready_path,
    server_flags,
    status_path,
)
from serving.production.manifests.verification import init_containers
from serving.production.plan import Plan
from serving.production.storage import MOUNTED

_NOBODY = 65534
_GROUP = 0  # nodes on Kubeflow write models that this group may read; it brings no other right
_CONFIG, _MODELS, _SCRATCH = "config", "models", "scratch"
# A pod that is about to go gets requests for some seconds more; the binary does not wait for them.
_LEAVING_SECONDS = 15
_LOADING_TRIES, _PROBE_SECONDS = 120, 5
_SCRATCH_SIZE = "256Mi"  # the server writes next to nothing there


def pod_spec(plan: Plan) -> dict[str, Any]:
    """Returns the `spec` of a pod."""
    spec: dict[str, Any] = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 3 * _LEAVING_SECONDS,
        "securityContext": {
            "fsGroup": _NOBODY,
            "fsGroupChangePolicy": "OnRootMismatch",
        },
        "containers": [container(plan)],
        "volumes": volumes_of(plan),
        **placement(plan),
    }
    if first := init_containers(plan, mounts_of(plan), confined()):
        spec["initContainers"] = first
    if plan.service_account is not None:
        spec["serviceAccountName"] = plan.service_account
    spec["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": plan.selector},
        }
    ]
    return spec


def placement(plan: Plan) -> dict[str, Any]:
    """Returns on which machines a pod may run, and with which secrets images are pulled."""
    place: dict[str, Any] = {}
    if plan.node_selector:
        place["nodeSelector"] = dict(plan.node_selector)
    if plan.tolerations:
        place["tolerations"] = [dict(toleration) for toleration in plan.tolerations]
    if plan.pull_secrets:
        place["imagePullSecrets"] = [{"name": name} for name in plan.pull_secrets]
    return place


def resources(plan: Plan) -> dict[str, Any]:
    """Returns what a container gets: no less, and no more."""
    section = plan.section
    gpu = {plan.gpu_type: str(section.gpu)} if section.gpu else {}
    share = {"cpu": section.cpu, "memory": section.memory, **gpu}
    return {"requests": share, "limits": share}


def container(plan: Plan) -> dict[str, Any]:
    """Returns the container of the server."""
    status, ready = _get(status_path(plan.model)), _get(ready_path(plan.model))
    return {
        "name": "tensorflow-serving",
        "image": plan.image(gpu=bool(plan.section.gpu)),
        # Not the image's script: it would keep the signal to stop for itself.
        "command": [BINARY],
        "args": server_flags(plan.section.threads),
        "ports": [
            {"name": "grpc", "containerPort": GRPC_PORT},
            {"name": "rest", "containerPort": REST_PORT},
        ],
        # The ports open once the models are loaded.
        "startupProbe": _probe(status, _LOADING_TRIES),
        "readinessProbe": _probe(ready, 2),
        "livenessProbe": _probe(status, 6),
        "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(_LEAVING_SECONDS)]}}},
        "resources": resources(plan),
        "securityContext": confined(),
        "volumeMounts": mounts_of(plan),
    }


def confined() -> dict[str, Any]:
    """Returns the `securityContext` of a container, which Pod Security `restricted` accepts.

    All of it stands with the container, since Knative refuses that of a pod.
    """
    return {
        "runAsNonRoot": True,
        "runAsUser": _NOBODY,
        "runAsGroup": _GROUP,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def scratch_volume() -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the one place where the server may write, and its mount."""
    volume = {"name": _SCRATCH, "emptyDir": {"sizeLimit": _SCRATCH_SIZE}}
    return volume, {"name": _SCRATCH, "mountPath": "/tmp"}


def config_volume(config_map: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the volume of the configuration, and its mount: a folder, so that changes arrive."""
    volume = {"name": _CONFIG, "configMap": {"name": config_map}}
    return volume, {"name": _CONFIG, "mountPath": CONFIG_FOLDER, "readOnly": True}


def volumes_of(plan: Plan) -> list[dict[str, Any]]:
    """Returns the volumes of the configuration, of what is scratch, and of the models."""
    volumes = [config_volume(plan.config_map)[0], scratch_volume()[0]]
    if plan.storage.is_mounted:
        claim = {"claimName": plan.storage.where, "readOnly": True}
        volumes.append({"name": _MODELS, "persistentVolumeClaim": claim})
    return volumes


def mounts_of(plan: Plan) -> list[dict[str, Any]]:
    """Returns where these volumes are in a container."""
    mounts = [config_volume(plan.config_map)[1], scratch_volume()[1]]
    if plan.storage.is_mounted:
        models: dict[str, Any] = {"name": _MODELS, "mountPath": MOUNTED, "readOnly": True}
        if plan.storage.path:
            models["subPath"] = plan.storage.path
        mounts.append(models)
    return mounts


def _get(path: str) -> Mapping[str, Any]:
    return {"httpGet": {"path": path, "port": "rest"}}


def _probe(get: Mapping[str, Any], tries: int) -> dict[str, Any]:
    return {**get, "periodSeconds": _PROBE_SECONDS, "timeoutSeconds": 3, "failureThreshold": tries}
