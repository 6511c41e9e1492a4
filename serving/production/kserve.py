"""The same model on KServe, which brings the server, the address and the autoscaler."""

from typing import Any

from serving.production.batching_config import batching_config
from serving.production.flags import BATCHING_FILE, batching_flags, session_flag
from serving.production.manifests.pod import (
    config_volume,
    confined,
    placement,
    resources,
    scratch_volume,
)
from serving.production.plan import MANAGED, Plan

GRPC_PORT = 9000
_NOTE = f"""\
For KServe: gRPC on port {GRPC_PORT} of the container, which KServe's address leads to. Clients ask
for the model under the name of the InferenceService. KServe copies a bucket when a pod starts,
and serves the newest version: labels are unknown to it, its own canary is canaryTrafficPercent."""


def note(plan: Plan) -> str:
    """Returns what has to be known, for the top of the file."""
    return _NOTE + plan.image_note(_image(plan))


def config_map(plan: Plan) -> dict[str, Any]:
    """Returns the ConfigMap with what KServe's runtime does not set."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _config_name(plan), "labels": MANAGED},
        "data": {BATCHING_FILE: batching_config(plan.section)},
    }


def inference_service(plan: Plan) -> dict[str, Any]:
    """Returns the InferenceService."""
    volumes, mounts = zip(config_volume(_config_name(plan)), scratch_volume(), strict=True)
    model: dict[str, Any] = {
        "modelFormat": {"name": "tensorflow"},
        "image": _image(plan),
        "storageUri": plan.storage.uri(plan.model),
        "args": [*batching_flags(), session_flag(plan.section.threads)],
        # By this name Knative knows that it is HTTP/2, which gRPC needs.
        "ports": [{"name": "h2c", "containerPort": GRPC_PORT, "protocol": "TCP"}],
        "resources": resources(plan),
        "securityContext": confined(),
        "volumeMounts": list(mounts),
    }
    predictor: dict[str, Any] = {
        "minReplicas": plan.section.replicas.min,
        "maxReplicas": plan.section.replicas.max,
        "automountServiceAccountToken": False,
        "model": model,
        "volumes": list(volumes),
        **placement(plan),
    }
    if plan.service_account is not None:
        predictor["serviceAccountName"] = plan.service_account
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        # KServe hands labels on to its pods: those of the Deployment would bring it their requests.
        "metadata": {"name": plan.name, "labels": MANAGED},
        "spec": {"predictor": predictor},
    }


def _image(plan: Plan) -> str:
    return plan.image(gpu=bool(plan.section.gpu))


def _config_name(plan: Plan) -> str:
    return f"{plan.name}-kserve-config"
