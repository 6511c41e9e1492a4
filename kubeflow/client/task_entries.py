"""What the server lists of the tasks of a run, in one form for its versions.

Kubeflow Pipelines 2 lists Argo's nodes (`run_details.task_details`): beside the tasks a driver
before each one, an executor in it, the groups around them, and Argo's wrapper of a node that may be
retried: `executor` with an attempt `executor(0)`, `executor(1)` for each start. Kubeflow Pipelines
3 drops that field and lists tasks (`tasks`), with their pods.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, product
from typing import Any

from kubeflow.client.times import moment_of

_ATTEMPT = re.compile(r"\((\d+)\)$")
_NUMBERS = re.compile(r"\((\d+)\)")
_GROUP = re.compile(r"root|condition(-branches)?-\d+")
_EXECUTOR = "executor"
_DRIVER = "-driver"


@dataclass(frozen=True)
class TaskEntry:
    """A task of a run.

    Attributes:
        name: in the package, e.g. `image-example-gen`, or the title, e.g. `ImageExampleGen`.
        state: in capitals; `PENDING` if it has none yet.
        begin: when it started; None before.
        end: when it ended; None before.
        attempts: starts of its container, 0 before the first.
        pod: of the latest attempt, by its name or by Argo's id of its node; '' before it.
        driver: likewise of the pod that prepares the task.
        error: the reason of a failure, which Kubeflow Pipelines 3 alone gives.
    """

    name: str
    state: str
    begin: datetime | None
    end: datetime | None
    attempts: int
    pod: str = ""
    driver: str = ""
    error: str = ""


def read_entries(run: dict[str, Any]) -> list[TaskEntry]:
    """Reads the tasks in the server's `Run`."""
    if tasks := run.get("tasks"):
        return [_of_task(task) for task in tasks if task.get("type") == "RUNTIME"]
    return _of_argo((run.get("run_details") or {}).get("task_details") or [])


def state_word(values: dict[str, Any]) -> str:
    """Returns the state of a run or task of the API; `PENDING` if it has none yet."""
    state = str(values.get("state") or "PENDING")
    return {"RUNTIME_STATE_UNSPECIFIED": "PENDING", "CACHED": "SUCCEEDED"}.get(state, state)


# === Kubeflow Pipelines 3 ===


def _of_task(task: dict[str, Any]) -> TaskEntry:
    pods: dict[str, list[str]] = {"DRIVER": [], "EXECUTOR": []}
    for pod in task.get("pods") or []:
        pods.setdefault(pod.get("type", ""), []).append(pod.get("name", ""))
    return TaskEntry(
        name=task.get("display_name") or task.get("name", ""),
        state=state_word(task),
        begin=moment_of(task.get("create_time")),
        end=moment_of(task.get("end_time")),
        attempts=len(pods["EXECUTOR"]),
        pod=_last(pods["EXECUTOR"]),
        driver=_last(pods["DRIVER"]),
        error=(task.get("status_metadata") or {}).get("message", ""),
    )


def _last(names: list[str]) -> str:
    return names[-1] if names else ""


# === Kubeflow Pipelines 2 ===

Details = list[dict[str, Any]]


def _of_argo(details: Details) -> list[TaskEntry]:
    argo = _ArgoNodes(details)
    parts: dict[str, Details] = {}
    for entry in details:
        name = _plain(_name(entry))
        if not argo.is_around(name):
            parts.setdefault(name.removesuffix(_DRIVER), []).append(entry)
    return [_of_parts(name, found, argo) for name, found in parts.items()]


def _of_parts(name: str, parts: Details, argo: "_ArgoNodes") -> TaskEntry:
    """Makes one task of its driver, and of itself, each with Argo's wrapper."""
    drivers = [entry for entry in parts if _plain(_name(entry)).endswith(_DRIVER)]
    starts = [entry for entry in parts if entry not in drivers]
    chosen = min(starts or drivers, key=lambda entry: _number(_name(entry)))
    pods = argo.ids(_names(starts), argo.executors)
    state = state_word(chosen)
    if not starts and state != "FAILED":  # its driver prepares it
        state, begin, end = "PENDING", None, None
    else:
        begin, end = moment_of(chosen.get("start_time")), moment_of(chosen.get("end_time"))
    return TaskEntry(
        name,
        state,
        begin,
        end,
        attempts=max(len(pods), 1) + argo.restarts(chosen) if starts else 0,
        pod=_last(pods),
        driver=_last(argo.ids(_names(drivers))),
    )


class _ArgoNodes:
    """Finds Argo's ids of nodes.

    The server gives a node neither its pod nor its id, and names its children by their ids alone.
    An id is a hash of all names from the workflow down (`NodeID` in Argo's workflow_types.go), and
    the server has the log of the node's pod under it.

    Args:
        details: as the server lists them.
    """

    def __init__(self, details: Details):
        self._details = details
        children = [child for entry in details for child in entry.get("child_tasks") or []]
        self._listed = {child["pod_name"] for child in children if child.get("pod_name")}
        self._workflow = min(self._listed).rpartition("-")[0] if self._listed else ""
        names = _names(details)
        roots = [name for name in names if _plain(name) == "root"]
        conditions = [name for name in names if re.fullmatch(r"condition-\d+", _plain(name))]
        around = [(name,) for name in names if _plain(name) == self._workflow]
        groups = [*product(roots), *product(roots, conditions)]
        self._groups = [one + group for one, group in product(around, groups)]
        self.executors = [name for name in names if _plain(name) == _EXECUTOR]

    def is_around(self, name: str) -> bool:
        """Whether a node is no task, but the executor in one, a group of them, or the workflow.

        The workflow alone, without a child, is how a run begins.
        """
        group = _GROUP.fullmatch(name.removesuffix(_DRIVER))
        return bool(group) or name in ("", _EXECUTOR, self._workflow) or not self._workflow

    def restarts(self, task: dict[str, Any]) -> int:
        """Returns how often Argo gave the first attempt of a task another pod.

        It does so at times for a pod that vanished, without another attempt. The server does not
        say of which task an attempt is, so that the time of its start decides.
        """
        passed = [
            [one.get("state") == "FAILED" for one in entry.get("state_history") or []]
            for entry in self._details
            if _name(entry) == f"{_EXECUTOR}(0)"
            and entry.get("start_time") == task.get("start_time")
        ]
        return sum(pair == (True, False) for states in passed for pair in pairwise(states))

    def ids(self, *levels: list[str]) -> list[str]:
        """Returns the ids of the nodes with these names, one a level, that may be pods.

        The latest attempt comes last; a wrapper is left out where its attempts are listed.
        """
        paths = [".".join(group + names) for group in self._groups for names in product(*levels)]
        paths.sort(key=lambda path: [int(number) for number in _NUMBERS.findall(path)])
        found = {path: node_id(self._workflow, path) for path in paths}
        found = {path: key for path, key in found.items() if key in self._listed}
        wrappers = {_ATTEMPT.sub("", path) for path in found if _ATTEMPT.search(path)}
        return [key for path, key in found.items() if path not in wrappers]


def _name(entry: dict[str, Any]) -> str:
    return str(entry.get("display_name") or "")


def _names(entries: Details) -> list[str]:
    return sorted({_name(entry) for entry in entries})


def _plain(name: str) -> str:
    return _ATTEMPT.sub("", name)


def _number(name: str) -> int:
    """Returns the number of an attempt, -1 of what is none."""
    match = _ATTEMPT.search(name)
    return int(match[1]) if match else -1


def node_id(workflow: str, path: str) -> str:
    """Returns Argo's id of a node: its workflow, and the 32-bit FNV-1a hash of its path.

    Args:
        workflow: its name.
        path: the names of the nodes from the workflow to this one, with points between.
    """
    found = 0x811C9DC5
    for byte in path.encode():
        found = (found ^ byte) * 0x01000193 % 2**32
    return f"{workflow}-{found}"
