"""Which nodes the tasks of a run have, as its package says: a task may be a stage of several."""

from itertools import pairwise
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.runs import Run
from kubeflow.errors import PipelinesError

_OPTION = "--node"


def nodes_of_tasks(connection: Connection, run: Run) -> dict[str, tuple[str, ...]]:
    """Returns title of the task → its nodes; empty if the server does not show the package."""
    pipeline, version = run.version
    if not (pipeline and version):
        return {}
    path = f"/pipelines/{pipeline}/versions/{version}"
    try:
        found = connection.call("show the version of the pipeline", "GET", path)
    except PipelinesError:
        return {}
    spec = found.get("pipeline_spec") or {}
    return read_nodes(spec.get("pipeline_spec") or spec)


def read_nodes(spec: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Returns title → nodes of each task of a pipeline spec that runs a container.

    A task of another kind than a node's is a node of its own name.
    """
    components = spec.get("components") or {}
    executors = (spec.get("deploymentSpec") or {}).get("executors") or {}
    dags = [spec.get("root") or {}, *components.values()]
    found: dict[str, tuple[str, ...]] = {}
    for name, task in (item for dag in dags for item in _tasks(dag)):
        component = components.get((task.get("componentRef") or {}).get("name"), {})
        container = executors.get(component.get("executorLabel"), {}).get("container")
        if container is not None:
            title = (task.get("taskInfo") or {}).get("name") or name
            found[title] = _nodes(container.get("args") or []) or (title,)
    return found


def _tasks(component: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(((component.get("dag") or {}).get("tasks") or {}).items())


def _nodes(arguments: list[Any]) -> tuple[str, ...]:
    return tuple(str(value) for option, value in pairwise(arguments) if option == _OPTION)
