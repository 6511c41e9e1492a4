"""The kustomization: what `kubectl apply -k` brings to the cluster, `config/` included."""

from collections.abc import Sequence
from typing import Any

from serving.production.dicom_node import RECIPE_FILE, is_wanted
from serving.production.flags import BATCHING_FILE, MODELS_FILE, MONITORING_FILE, PUBLIC_KEY_FILE
from serving.production.plan import Plan

CONFIG_FILES = (MODELS_FILE, BATCHING_FILE, MONITORING_FILE)


def kustomization(plan: Plan, resources: Sequence[str]) -> dict[str, Any]:
    """Returns the Kustomization.

    The ConfigMap keeps its name when `models.config` changes: so the servers that run see the
    change in their folder and follow it, where a new name would replace them all.

    Args:
        plan: what is served.
        resources: paths of the manifests, from the kustomization's folder.
    """
    keys = [PUBLIC_KEY_FILE] if plan.public_key is not None else []
    keys += [RECIPE_FILE] if is_wanted(plan) else []
    files = [f"config/{name}" for name in (*CONFIG_FILES, *keys)]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(resources),
        "configMapGenerator": [{"name": plan.config_map, "files": files}],
        "generatorOptions": {"disableNameSuffixHash": True},
    }
