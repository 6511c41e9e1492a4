"""Pods of a run, by Kubernetes itself, where it can be asked: why they wait or ended, their logs.

Kubeflow Pipelines calls a pod that no machine can take, or whose image can't be pulled, `RUNNING`.
With one user (2.17.0) it gives a log only when its pod has ended.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

RUN_LABEL = "pipeline/runid"
DEFAULT_NAMESPACE = "kubeflow"
_CONTAINER = "main"  # of a pod of Argo's
_ASKED: dict[str, Any] = {"_request_timeout": (3, 10), "_preload_content": False}
# Reasons of a waiting container that are a part of every start.
_STARTING = ("ContainerCreating", "PodInitializing")
_OUT_OF_MEMORY = "OOMKilled"


def pod_troubles(namespace: str, run_id: str) -> dict[str, str] | None:
    """Returns pod → why it does not start, or why it was ended from outside.

    Args:
        namespace: '' for that of a Kubeflow Pipelines with one user.
        run_id: of the run.

    Returns:
        None if there is no kubeconfig, or Kubernetes can't be asked with it.
    """
    return _ask(lambda api: _troubles(api, namespace or DEFAULT_NAMESPACE, run_id))


def running_logs(namespace: str, run_id: str) -> dict[str, str]:
    """Returns pod → the log of its container, of each that runs; see `pod_troubles`."""
    return _ask(lambda api: _running_logs(api, namespace or DEFAULT_NAMESPACE, run_id)) or {}


def of_node(found: Mapping[str, str], node: str) -> str:
    """Returns what is known of a pod, by its name or by Argo's id of its node; '' for none.

    Both end with the same hash; between, the pod's has the name of its template.
    """
    end = node.rpartition("-")[2]
    return next((text for name, text in found.items() if name.rpartition("-")[2] == end), "")


def describe_command(namespace: str, run_id: str) -> str:
    """Returns the command that shows why pods of a run wait."""
    return f"kubectl describe pods -n {namespace or DEFAULT_NAMESPACE} -l {RUN_LABEL}={run_id}"


def log_command(namespace: str, run_id: str) -> str:
    """Returns the command that shows the logs of a run."""
    where = namespace or DEFAULT_NAMESPACE
    return f"kubectl logs -n {where} -l {RUN_LABEL}={run_id} -c {_CONTAINER} --prefix --tail=50"


def trouble_of_pod(pod: Mapping[str, Any]) -> str:
    """Returns why a pod does not start, or was ended from outside; '' if neither.

    Args:
        pod: as Kubernetes describes it.
    """
    status = pod.get("status") or {}
    for condition in status.get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"no machine can take its pod: {condition.get('message', '')}".rstrip(": ")
    lists = (status.get("initContainerStatuses"), status.get("containerStatuses"))
    for container in (one for found in lists for one in found or []):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") and waiting["reason"] not in _STARTING:
            return f"{waiting['reason']}: {waiting.get('message', '')}".rstrip(": ")
        if ((container.get("state") or {}).get("terminated") or {}).get("reason") == _OUT_OF_MEMORY:
            return "out of memory: Kubernetes ended it at the memory limit of the node"
    if status.get("reason"):  # Evicted, DeadlineExceeded
        return f"{status['reason']}: {status.get('message', '')}".rstrip(": ")
    return ""


def _config_files() -> str:
    """Returns the files of a kubeconfig, as $KUBECONFIG lists them; '' if none is there."""
    named = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    return named if any(Path(path).is_file() for path in named.split(os.pathsep) if path) else ""


def _ask(question: Callable[[Any], dict[str, str]]) -> dict[str, str] | None:
    files = _config_files()
    if not files and "KUBERNETES_SERVICE_HOST" not in os.environ:
        return None
    from kubernetes import client, config
    from kubernetes.client.rest import ApiException
    from kubernetes.config import ConfigException
    from urllib3.exceptions import HTTPError

    settings = client.Configuration()
    try:
        if files:
            config.load_kube_config(files, client_configuration=settings)
        else:
            config.load_incluster_config(settings)
        settings.retries = False
        return question(client.CoreV1Api(client.ApiClient(settings)))
    except (ApiException, ConfigException, HTTPError, OSError):
        return None


def _pods(api: Any, namespace: str, run_id: str) -> list[dict[str, Any]]:
    label = f"{RUN_LABEL}={run_id}"
    return _items(api.list_namespaced_pod(namespace, label_selector=label, **_ASKED))


def _running_logs(api: Any, namespace: str, run_id: str) -> dict[str, str]:
    found = {}
    for pod in _pods(api, namespace, run_id):
        statuses = (pod.get("status") or {}).get("containerStatuses") or []
        if any(one.get("name") == _CONTAINER and "running" in one["state"] for one in statuses):
            name = pod["metadata"]["name"]
            log = api.read_namespaced_pod_log(name, namespace, container=_CONTAINER, **_ASKED)
            found[name] = log.data.decode(errors="replace")
    return found


def _troubles(api: Any, namespace: str, run_id: str) -> dict[str, str]:
    pods = _pods(api, namespace, run_id)
    found = {pod["metadata"]["name"]: trouble_of_pod(pod) for pod in pods}
    for pod in pods:
        name = pod["metadata"]["name"]
        if not found[name] and (pod.get("status") or {}).get("phase") == "Pending":
            # A volume that can't be mounted is said in an event alone.
            selector = f"involvedObject.name={name},type=Warning"
            events = api.list_namespaced_event(namespace, field_selector=selector, **_ASKED)
            found[name] = next((one.get("message", "") for one in reversed(_items(events))), "")
    return {name: " ".join(text.split()) for name, text in found.items() if text}


def _items(answer: Any) -> list[dict[str, Any]]:
    return list(json.loads(answer.data)["items"])
