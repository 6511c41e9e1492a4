"""The nodes of a run on Kubeflow Pipelines, each once.

The server's list of tasks also has what it needs itself: a driver before each node, an executor in
it, the groups around the nodes, and Argo's wrapper of a node that may be retried: `trainer` with an
attempt `trainer(0)`, `trainer(1)` for each start. Their errors are shown at the node.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from components.nodes import APPROVAL, NODES, RETRAINING
from kubeflow.client.runs import (
    STOPPED,
    Run,
    is_finished,
    moment_of,
    seconds_between,
    state_word,
)

_ATTEMPT = re.compile(r"\((\d+)\)$")
_GROUP = re.compile(r"root|executor|condition(-branches)?-\d+")
_DRIVER = "-driver"
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def _task_name(node: str) -> str:
    """Returns the name that KFP's SDK gives to the task of a node: `image-example-gen`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", node).lower()


_ORDER = (RETRAINING, *NODES)
# Some servers list a task by its name, some by its display name.
_KNOWN = {name: node for node in _ORDER for name in (node, _task_name(node))}


@dataclass(frozen=True)
class Task:
    """A node of a run.

    Attributes:
        node: name, as in `components.nodes`; that of the server in a pipeline of another kind.
        state: e.g. `RUNNING`; `PENDING` until its container starts.
        seconds: since its start, or what it took; None before.
        error: the reason of a failure, where the server has one.
        attempt: which start of its container this is, from 1.
    """

    node: str
    state: str
    seconds: float | None
    error: str = ""
    attempt: int = 1

    @property
    def name(self) -> str:
        """The node, and from the second attempt on which one it is."""
        if self.attempt == 1:
            return self.node
        return f"{self.node}, {_ORDINALS.get(self.attempt, f'{self.attempt}th')} attempt"


def tasks_of(run: Run) -> list[Task]:
    """Returns the nodes of a run that have begun, in the order of the DAG.

    Nodes of a pipeline that is not ours follow in the order in which they started.
    """
    details = run.task_details
    entries: dict[str, list[dict[str, Any]]] = {}
    for entry in details:
        name = _ATTEMPT.sub("", entry.get("display_name") or "")
        if name and not _is_group(name, entry, details):
            node = name.removesuffix(_DRIVER)
            entries.setdefault(_KNOWN.get(node, node), []).append(entry)
    tasks = [(_begin(found), _task(node, found, run)) for node, found in entries.items()]
    tasks = [(begin, task) for begin, task in tasks if _has_begun(task, run)]
    late = datetime.max.replace(tzinfo=timezone.utc)
    tasks.sort(key=lambda pair: (_place(pair[1].node), pair[0] or late))
    return [task for _, task in tasks]


def not_begun(run: Run) -> str:
    """Returns which nodes of an ended run never began, as a sentence; '' if all did."""
    begun = {task.node for task in tasks_of(run)}
    missing = [node for node in NODES if node not in begun and node != APPROVAL]
    if not is_finished(run) or not begun & set(_ORDER) or not missing:
        return ""
    if run.state == "SUCCEEDED" and begun == {RETRAINING}:
        return f"{RETRAINING} declined to train: no other node began. Its log says why."
    return f"Never began: {', '.join(missing)}."


def _task(node: str, found: list[dict[str, Any]], run: Run) -> Task:
    """Makes one task of a node's wrapper, attempts and driver."""
    drivers = [entry for entry in found if _is_driver(entry)]
    starts = [entry for entry in found if not _is_driver(entry)]
    attempts = [entry for entry in starts if _ATTEMPT.search(entry["display_name"])]
    wrappers = [entry for entry in starts if entry not in attempts]
    chosen = (wrappers or sorted(attempts, key=_number) or drivers)[-1]
    state = state_word(chosen)
    if not starts and state != "FAILED":  # its driver prepares it
        return Task(node, "PENDING", None)
    if run.state == STOPPED and state not in ("SUCCEEDED", "SKIPPED", "PENDING"):
        return Task(node, STOPPED, _seconds(chosen), attempt=max(1, len(attempts)))
    error = _error([*starts, *drivers], run.task_details) if state != "SUCCEEDED" else ""
    return Task(node, state, _seconds(chosen), error, max(1, len(attempts)))


def _has_begun(task: Task, run: Run) -> bool:
    return task.state != "SKIPPED" and not (task.state == "PENDING" and is_finished(run))


def _place(node: str) -> int:
    return _ORDER.index(node) if node in _ORDER else len(_ORDER)


def _is_group(name: str, entry: dict[str, Any], details: list[dict[str, Any]]) -> bool:
    if _GROUP.fullmatch(name.removesuffix(_DRIVER)):
        return True
    # The workflow around all is called by a name and five random letters.
    return (
        not entry.get("parent_task_id")
        and re.search(r"-[a-z0-9]{5}$", name) is not None
        and name not in _KNOWN
        and any(_ATTEMPT.sub("", other.get("display_name") or "") == "root" for other in details)
    )


def _is_driver(entry: dict[str, Any]) -> bool:
    return _ATTEMPT.sub("", entry["display_name"]).endswith(_DRIVER)


def _number(entry: dict[str, Any]) -> int:
    match = _ATTEMPT.search(entry["display_name"])
    return int(match[1]) if match else -1


def _error(parts: list[dict[str, Any]], details: list[dict[str, Any]]) -> str:
    """Returns the reason of a failure, if the server has it; most tasks only have the state."""
    children = {
        child.get(key)
        for part in parts
        for child in part.get("child_tasks") or []
        for key in ("task_id", "pod_name")
    } - {None}
    executors = [
        other
        for other in details
        if _ATTEMPT.sub("", other.get("display_name") or "") == "executor"
        and {other.get("task_id"), other.get("pod_name")} & children
    ]
    for part in (*parts, *executors):
        history = [entry.get("error") for entry in reversed(part.get("state_history") or [])]
        for error in (part.get("error"), *history):
            if error and error.get("message"):
                return str(error["message"])
    return ""


def _begin(found: list[dict[str, Any]]) -> datetime | None:
    moments = [_started(entry) for entry in found]
    return min((moment for moment in moments if moment), default=None)


def _started(entry: dict[str, Any]) -> datetime | None:
    return moment_of(entry.get("start_time")) or moment_of(entry.get("create_time"))


def _seconds(entry: dict[str, Any]) -> float | None:
    return seconds_between(_started(entry), moment_of(entry.get("end_time")))
