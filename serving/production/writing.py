"""Writes all files of a plan into one folder."""

import json
from pathlib import Path

from serving.production import compose, dicom_compose, kserve
from serving.production.batching_config import batching_config
from serving.production.dicom_node import RECIPE_FILE, is_wanted
from serving.production.documents import to_yaml
from serving.production.flags import BATCHING_FILE, MODELS_FILE, MONITORING_FILE, PUBLIC_KEY_FILE
from serving.production.kustomization import kustomization
from serving.production.manifests import autoscaler, dicom_node
from serving.production.manifests.deployment import deployment
from serving.production.manifests.deployment import note as deployment_note
from serving.production.manifests.disruption_budget import disruption_budget
from serving.production.manifests.network_policy import CLIENT_LABEL, network_policy
from serving.production.manifests.service import service
from serving.production.manifests.service_monitor import service_monitor
from serving.production.models_config import models_config
from serving.production.monitoring_config import monitoring_config
from serving.production.plan import Plan
from serving.promotion.models_config import write_models_config

_KUBERNETES = "kubernetes"


def write_serving_config(plan: Plan, out: Path, with_service_monitor: bool = False) -> list[Path]:
    """Writes the configuration; what has been promoted in `out` is kept.

    Args:
        plan: what is served.
        out: folder to write to.
        with_service_monitor: apply the ServiceMonitor, too.

    Returns:
        The files, from `out`. From a bucket that TensorFlow Serving can't read, KServe's alone.

    Raises:
        ServingError: a `models.config` that is there can't be read, or no image is known.
        OSError: `out` can't be written to.
    """
    texts = _kserve(plan)
    if plan.storage.readable:
        models_file = out / "config" / MODELS_FILE
        write_models_config(models_config(plan, models_file), models_file)
        texts |= _configs(plan) | _kubernetes(plan, with_service_monitor)
    for name, text in texts.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    models = [Path("config", MODELS_FILE)] if plan.storage.readable else []
    return sorted([*models, *(Path(name) for name in texts)])


def _configs(plan: Plan) -> dict[str, str]:
    key = {} if plan.public_key is None else {f"config/{PUBLIC_KEY_FILE}": plan.public_key}
    return {
        "compose.yaml": to_yaml(compose.note(plan), compose.compose(plan)),
        **_dicom_configs(plan),
        f"config/{BATCHING_FILE}": batching_config(plan.section),
        f"config/{MONITORING_FILE}": monitoring_config(),
        **key,
    }


def _dicom_configs(plan: Plan) -> dict[str, str]:
    if not is_wanted(plan):
        return {}
    orthanc = json.dumps(dicom_compose.orthanc_configuration(), indent=2)
    return {
        f"config/{RECIPE_FILE}": plan.recipe,
        dicom_compose.ORTHANC_FILE: f"{orthanc}\n",
    }


def _kubernetes(plan: Plan, with_service_monitor: bool) -> dict[str, str]:
    client = " ".join(f"{key}: {value!r}" for key, value in CLIENT_LABEL.items())
    texts = {
        "deployment": to_yaml(deployment_note(plan), deployment(plan)),
        "service": to_yaml(f"Clients ask {plan.server}:8500 (gRPC).", service(plan)),
        "autoscaler": to_yaml(autoscaler.note(plan), autoscaler.autoscaler(plan)),
        "disruption-budget": to_yaml("", disruption_budget(plan)),
        "network-policy": to_yaml(
            f"Only pods with the label {client} may ask.", network_policy(plan)
        ),
        "service-monitor": to_yaml("Needs the Prometheus operator.", service_monitor(plan)),
    }
    if is_wanted(plan):
        texts["dicom-node"] = to_yaml(dicom_node.note(plan), *dicom_node.dicom_node(plan))
    files = {f"{_KUBERNETES}/{name}.yaml": text for name, text in texts.items()}
    applied = [name for name in files if with_service_monitor or "monitor" not in name]
    note = (
        "    kubectl apply -k .\n"
        "After a change of batching.config: kubectl rollout restart deployment/" + plan.server
    )
    return files | {"kustomization.yaml": to_yaml(note, kustomization(plan, applied))}


def _kserve(plan: Plan) -> dict[str, str]:
    documents = kserve.config_map(plan), kserve.inference_service(plan)
    return {"kserve/inference-service.yaml": to_yaml(kserve.note(plan), *documents)}
