"""The logs of a run's tasks, through the API of Kubeflow Pipelines.

They are there as long as the pods are (a day, as KFP ships it) or an archive of logs has them. Of
Kubeflow Pipelines 2, the archive is asked by Argo's id of a node, and has a log when the pod has
ended. Pods are asked by their names, with the name of a template between workflow and hash, and
only by a server for several users.
"""

import json
import re
from dataclasses import dataclass

from kubeflow.client.connection import Connection
from kubeflow.errors import PipelinesError

_TEMPLATES = ("retry-system-container-impl", "system-container-impl", "system-container-driver")
# Kubernetes, of a container that has not started: `container "main" in pod "x" is waiting to
# start: trying and failing to pull image`.
_WAITING = re.compile(r"is waiting to start: ([^\n\"]+?)(?:\s*$|[\n\"])", re.MULTILINE)


@dataclass(frozen=True)
class TaskLog:
    """The log of a task.

    Attributes:
        text: '' if there is none.
        waiting: why its container has not started, as Kubernetes says it; '' if it has, or if
            Kubernetes gives no reason.
    """

    text: str = ""
    waiting: str = ""


def read_log(connection: Connection, run_id: str, pod: str) -> TaskLog:
    """Returns the log of a pod of a run; an empty one if it is not there any more.

    Args:
        connection: to the server.
        run_id: of the run.
        pod: its name, or Argo's id of its node; '' for none.
    """
    workflow, _, end = pod.rpartition("-")
    names = [pod, *(f"{workflow}-{template}-{end}" for template in _TEMPLATES)] if pod else []
    found = (_read_log(connection, run_id, name) for name in names)
    return next((log for log in found if log != TaskLog()), TaskLog())


def _read_log(connection: Connection, run_id: str, pod: str) -> TaskLog:
    path = f"/apis/v1alpha1/runs/{run_id}/nodes/{pod}/log"
    try:
        text = connection.text("read the log", path)
    except PipelinesError as error:
        return TaskLog(waiting=_waiting(str(error)))
    # The server begins its answer with 200 before it looks for the log.
    refusal = _refusal(text)
    return TaskLog(waiting=_waiting(refusal)) if refusal else TaskLog(text)


def _refusal(text: str) -> str:
    if not text.startswith('{"error'):
        return ""
    try:
        values = json.loads(text)
    except ValueError:
        return ""
    return str(values.get("error_message") or values.get("error") or "")


def _waiting(message: str) -> str:
    match = _WAITING.search(message)
    return match[1].rstrip(".") if match else ""
