"""What the server lists of the tasks of a run, in one form for its versions.

Kubeflow Pipelines 2 lists Argo's nodes (`run_details.task_details`): beside the tasks a driver
before each one, an executor in it, the groups around them, and Argo's wrapper of a task that may be
retried: `trainer` with an attempt `trainer(0)`, `trainer(1)` for each start. Kubeflow Pipelines 3
drops that field and lists tasks (`tasks`), with their pods.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kubeflow.client.times import moment_of

_ATTEMPT = re.compile(r"\((\d+)\)$")
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
        pod: of the latest attempt, '' before it.
        driver: pod that prepares the task, '' if not known.
        error: the server's reason of a failure, '' in most cases.
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
    parts: dict[str, Details] = {}
    for entry in details:
        name = _plain_name(entry)
        if name and not _is_around(name, entry, details):
            parts.setdefault(name.removesuffix(_DRIVER), []).append(entry)
    return [_of_parts(name, found, details) for name, found in parts.items()]


def _of_parts(name: str, parts: Details, details: Details) -> TaskEntry:
    """Makes one task of Argo's wrapper, attempts and driver."""
    drivers = [entry for entry in parts if _plain_name(entry).endswith(_DRIVER)]
    starts = [entry for entry in parts if entry not in drivers]
    attempts = sorted((one for one in starts if _number(one) >= 0), key=_number)
    wrappers = [entry for entry in starts if entry not in attempts]
    executors = _executors(starts, details)
    nodes = _nodes_of_executors(starts, details)
    chosen = (wrappers or attempts or drivers)[-1]
    state = state_word(chosen)
    if not starts and state != "FAILED":  # its driver prepares it
        state, begin, end = "PENDING", None, None
    else:
        begin, end = _began(chosen), moment_of(chosen.get("end_time"))
    return TaskEntry(
        name,
        state,
        begin,
        end,
        attempts=max(len(attempts), len(nodes), 1) if starts else 0,
        pod=_pod(executors)
        or _pod([one for one in starts if not one.get("child_tasks")])
        or _last(nodes),
        driver=_pod(drivers) or _last(_children([one for one in drivers if _number(one) < 0])),
        error=_error([*starts, *executors, *drivers]),
    )


def _plain_name(entry: dict[str, Any]) -> str:
    return _ATTEMPT.sub("", entry.get("display_name") or "")


def _number(entry: dict[str, Any]) -> int:
    match = _ATTEMPT.search(entry["display_name"])
    return int(match[1]) if match else -1


def _is_around(name: str, entry: dict[str, Any], details: Details) -> bool:
    """Whether an entry is no task, but an executor in one, a group of them, or the workflow."""
    if name == _EXECUTOR or _GROUP.fullmatch(name.removesuffix(_DRIVER)):
        return True
    # The workflow around all is called by a name and five random letters.
    return (
        not entry.get("parent_task_id")
        and re.search(r"-[a-z0-9]{5}$", name) is not None
        and any(_plain_name(other) == "root" for other in details)
    )


def _executors(starts: Details, details: Details) -> Details:
    """Returns the executors in the attempts of a task, in the order in which they began.

    An executor that may be retried is a wrapper, too, with an executor for each start.
    """
    found = _executors_below(starts, details)
    found = _executors_below(found, details) or found
    return sorted(found, key=lambda entry: str(entry.get("start_time")))


def _executors_below(parents: Details, details: Details) -> Details:
    children = [child for entry in parents for child in entry.get("child_tasks") or []]
    inside = {key for child in children for key in _keys(child)}
    return [one for one in details if _plain_name(one) == _EXECUTOR and _keys(one) & inside]


def _nodes_of_executors(starts: Details, details: Details) -> list[str]:
    """Returns Argo's ids of the executors in the attempts of a task, the latest last.

    The server of 2.17 gives a task neither its pod nor Argo's id, and names children by Argo's id
    alone: the workflow, and a hash of all names from the workflow down (`NodeID` in Argo's
    workflow_types.go).
    """
    listed = set(_children(details))
    names = sorted({entry.get("display_name") or "" for entry in details})
    roots = [name for name in names if _ATTEMPT.sub("", name) == "root"]
    conditions = [name for name in names if name.startswith("condition-") and _DRIVER not in name]
    found = [name for name in names if _ATTEMPT.sub("", name) == _EXECUTOR]
    executors = [name for name in found if name != _EXECUTOR] or found  # that may be a wrapper
    workflow = listed and min(listed).rsplit("-", 1)[0]
    paths = [
        ".".join((around, *group, start["display_name"], executor))
        for around in names
        if workflow and _ATTEMPT.sub("", around) == workflow
        for group in [(root, *condition) for root in roots for condition in [(), *zip(conditions)]]
        for start in starts
        for executor in executors
    ]
    paths.sort(key=lambda path: [int(number) for number in re.findall(r"\((\d+)\)", path)])
    return [key for path in paths if (key := f"{workflow}-{_hash(path)}") in listed]


def _hash(text: str) -> int:
    """Returns the 32-bit FNV-1a hash."""
    found = 0x811C9DC5
    for byte in text.encode():
        found = (found ^ byte) * 0x01000193 % 2**32
    return found


def _children(entries: Details) -> list[str]:
    """Returns Argo's ids of what is in the entries."""
    found = [child.get("pod_name") for one in entries for child in one.get("child_tasks") or []]
    return [name for name in found if name]


def _keys(entry: dict[str, Any]) -> set[str]:
    """Returns what identifies an entry: the ends of its id and of its pod's name.

    Argo names a child by its workflow and a hash, and its pod by the workflow, the template and the
    same hash.
    """
    names = (entry.get("task_id"), entry.get("pod_name"))
    return {str(name).rsplit("-", 1)[-1] for name in names if name}


def _pod(entries: Iterable[dict[str, Any]]) -> str:
    return _last([entry["pod_name"] for entry in entries if entry.get("pod_name")])


def _error(parts: Details) -> str:
    for part in parts:
        history = [entry.get("error") for entry in reversed(part.get("state_history") or [])]
        for error in (part.get("error"), *history):
            if error and error.get("message"):
                return str(error["message"])
    return ""


def _began(entry: dict[str, Any]) -> datetime | None:
    return moment_of(entry.get("start_time")) or moment_of(entry.get("create_time"))
