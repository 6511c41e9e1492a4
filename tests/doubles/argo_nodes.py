"""The nodes of a workflow, as Kubeflow Pipelines 2.17.0 lists those of Argo Workflows.

Written after the lists of a real server, one of which is in `test_task_entries.py`: with Argo's
wrapper of each node that may be retried, which by KFP's settings is every one; without a pod, an id
or an error of any. The real ones need a Kubernetes cluster.
"""

import uuid
from typing import Any

from kubeflow.client.task_entries import node_id

EMPTY_TIME = "0001-01-01T00:00:00Z"
_BEFORE = """time=2026-11-28T19:27:52.894Z level=INFO msg="capturing logs" argo=true
I1128 19:27:53.034576      18 main.go:67] Setting log level to: '1'
"""
_AFTER = """I1128 19:28:38.961483      18 launcher_v2.go:206] publish success.
time=2026-11-28T19:28:38.986Z level=INFO msg="sub-process exited" argo=true error=<nil>
"""
_FAILED = """E1128 16:52:04.753386      14 launcher_v2.go:449] Component failed: exit status 1
F1128 16:52:04.817075      14 main.go:59] failed to execute component: exit status 1
time=2026-11-28T16:52:05.354Z level=INFO msg="sub-process exited" argo=true error="exit status 1"
Error: exit status 1
"""


class Workflow:
    """A workflow and its nodes, each known by the names of the attempts from the root to it.

    Args:
        name: with the random letters at its end.
        at: when it was made.
    """

    def __init__(self, name: str = "chest-x2k4z", at: str = "2026-11-20T12:00:00Z"):
        self.name, self._at = name, at
        self._nodes: dict[tuple[str, ...], dict[str, Any]] = {}

    def set(self, *attempts: str, state: str, **values: str) -> None:
        """Sets the state of an attempt and of its wrapper, and of what is around if it is new.

        Args:
            attempts: names from the root down, e.g. `root(0)`, `trainer(0)`, `executor(1)`; what is
                skipped has no attempt.
            state: e.g. `RUNNING`.
            values: of the API's task, e.g. `end_time`.
        """
        path = (f"{self.name}(0)", *attempts)
        for depth in range(1, len(path) + 1):
            for node in (_wrapper(path[:depth]), path[:depth]):
                if depth == len(path):
                    self._entry(node).update(state=state, **values)
                else:
                    self._entry(node)

    def end(self, state: str, at: str) -> None:
        """Ends what still runs."""
        for entry in self._nodes.values():
            if entry["state"] == "RUNNING":
                entry.update(state=state, end_time=at)

    def id_of(self, *attempts: str) -> str:
        """Returns Argo's id of a node, by which the server knows its log."""
        return node_id(self.name, ".".join((f"{self.name}(0)", *attempts)))

    def listed(self) -> list[dict[str, Any]]:
        """Returns the nodes as the server lists them."""
        return [
            entry | {"child_tasks": [{"pod_name": child} for child in self._children(path)]}
            for path, entry in list(self._nodes.items())
        ]

    def _entry(self, path: tuple[str, ...]) -> dict[str, Any]:
        new = {
            "task_id": str(uuid.uuid4()),
            "display_name": path[-1],
            "create_time": self._at,
            "start_time": self._at,
            "end_time": EMPTY_TIME,
            "state": "RUNNING",
        }
        return self._nodes.setdefault(path, new)

    def _children(self, path: tuple[str, ...]) -> list[str]:
        """Returns the ids of the attempts of a wrapper, or of the wrappers in an attempt."""
        return [
            node_id(self.name, ".".join(other))
            for other in list(self._nodes)
            if path == (_wrapper(other) if other != _wrapper(other) else other[:-1])
        ]


def pod_log(text: str, failed: bool) -> str:
    """Returns the log of a pod: that of its container, and what Argo's and KFP's programs add."""
    return f"{_BEFORE}{text}{_FAILED if failed else _AFTER}"


def _wrapper(path: tuple[str, ...]) -> tuple[str, ...]:
    return (*path[:-1], path[-1].partition("(")[0])


def container(name: str, state: str, *, attempts: int = 1) -> list[dict[str, Any]]:
    """Returns the nodes of a workflow with one task that has a container, and its driver.

    Args:
        name: of the task.
        state: of the task, and of its latest attempt.
        attempts: starts of its container.
    """
    workflow = Workflow()
    workflow.set("root(0)", f"{name}-driver(0)", state="SUCCEEDED")
    for attempt in range(attempts):
        last = attempt == attempts - 1
        path = ("root(0)", f"{name}(0)", f"executor({attempt})")
        workflow.set(*path, state=state if last else "FAILED")
    workflow.set("root(0)", f"{name}(0)", state=state)
    return workflow.listed()


def pod_of(name: str, attempt: int = 0) -> str:
    """Returns Argo's id of the container of a task of `container`."""
    return Workflow().id_of("root(0)", f"{name}(0)", f"executor({attempt})")
