"""The same model on KServe, which brings the server, the address and the autoscaler."""

from typing import Any

from serving.production.batching_config import batching_config
from serving.production.flags import BATCHING_FILE, batching_flags
from serving.production.manifests.pod import config_volume, placement, resources
from serving.production.plan import MANAGED, Plan

GRPC_PORT = 9000
NOTE = f"""\
For KServe: gRPC on port {GRPC_PORT} of the container, which KServe's address leads to. Clients ask
for the model under the name of the InferenceService. KServe copies a bucket when a pod starts,
and serves the newest version: labels are unknown to it, its own canary is canaryTrafficPercent."""


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
    volume, mount = config_volume(_config_name(plan))
    model: dict[str, Any] = {
        "modelFormat": {"name": "tensorflow"},
        "image": plan.image(gpu=bool(plan.section.gpu)),
        "storageUri": plan.storage.uri(plan.model),
        "args": batching_flags(),
        # By this name Knative knows that it is HTTP/2, which gRPC needs.
        "ports": [{"name": "h2c", "containerPort": GRPC_PORT, "protocol": "TCP"}],
        "resources": resources(plan),
        "volumeMounts": [mount],
    }
    predictor: dict[str, Any] = {
        "minReplicas": plan.section.replicas.min,
        "maxReplicas": plan.section.replicas.max,
        "model": model,
        "volumes": [volume],
        **placement(plan),
    }
    if plan.service_account is not None:
        predictor["serviceAccountName"] = plan.service_account
    if plan.pull_secrets:
        predictor["imagePullSecrets"] = [{"name": name} for name in plan.pull_secrets]
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        # KServe hands labels on to its pods: those of the Deployment would bring it their requests.
        "metadata": {"name": plan.name, "labels": MANAGED},
        "spec": {"predictor": predictor},
    }


def _config_name(plan: Plan) -> str:
    return f"{plan.name}-kserve-config"
