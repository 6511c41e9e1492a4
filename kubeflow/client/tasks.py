"""The nodes of a run on Kubeflow Pipelines, each once, in the order of the DAG."""

import re
from dataclasses import dataclass
from datetime import datetime, timezone

from components.nodes import MONITOR, NODES, RETRAINING, TRIAL, TUNER, kind_of, place_of
from components.runtime.numbers import ordinal
from kubeflow.client.runs import STOPPED, Run, is_finished
from kubeflow.client.task_entries import TaskEntry
from kubeflow.client.times import seconds_between


def _task_name(node: str) -> str:
    """Returns the name that KFP's SDK gives to the task of a node: `image-example-gen`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", node).lower()


# Some servers list a task by its name, some by its title.
_BEFORE = (MONITOR, RETRAINING)  # the nodes
_KNOWN = {
    name: node for node in (*_BEFORE, *NODES, TRIAL, TUNER) for name in (node, _task_name(node))
}


@dataclass(frozen=True)
class Task:
    """A node of a run.

    Attributes:
        node: name, as in `components.nodes`; that of the server in a pipeline of another kind.
        state: e.g. `RUNNING`; `PENDING` until its container starts.
        seconds: since its start, or what it took; None before.
        error: the reason of a failure, where the server has one.
        attempt: which start of its container this is, from 1.
        pod: of that start, '' before it.
        driver: pod that prepares the node, '' if not known.
    """

    node: str
    state: str
    seconds: float | None
    error: str = ""
    attempt: int = 1
    pod: str = ""
    driver: str = ""

    @property
    def name(self) -> str:
        """The node, and from the second attempt on which one it is."""
        if self.attempt == 1:
            return self.node
        return f"{self.node}, {ordinal(self.attempt)} attempt"


def tasks_of(run: Run) -> list[Task]:
    """Returns the nodes of a run that have begun, in the order of the DAG.

    Nodes of a pipeline that is not ours follow in the order in which they started.
    """
    late = datetime.max.replace(tzinfo=timezone.utc)
    entries = sorted(run.tasks, key=lambda entry: (_place(entry), entry.begin or late))
    tasks = [_task(entry, run) for entry in entries]
    return [task for task in tasks if _has_begun(task, run)]


def is_ours(run: Run) -> bool:
    """Whether the run is one of a compiled recipe, as far as its tasks show."""
    return any(_node(entry) for entry in run.tasks)


def has_declined(run: Run) -> bool:
    """Whether the run ended well with the task Retraining, as it does if too little is new."""
    begun = {task.node for task in tasks_of(run)}
    return run.state == "SUCCEEDED" and begun - {MONITOR} == {RETRAINING}


def _task(entry: TaskEntry, run: Run) -> Task:
    state, error = entry.state, entry.error if entry.state != "SUCCEEDED" else ""
    if run.state == STOPPED and state not in ("SUCCEEDED", "SKIPPED", "PENDING"):
        state, error = STOPPED, ""
    return Task(
        node=_node(entry) or entry.name,
        state=state,
        seconds=seconds_between(entry.begin, entry.end),
        error=error,
        attempt=max(1, entry.attempts),
        pod=entry.pod,
        driver=entry.driver,
    )


def _has_begun(task: Task, run: Run) -> bool:
    return task.state != "SKIPPED" and not (task.state == "PENDING" and is_finished(run))


def _node(entry: TaskEntry) -> str:
    kind = kind_of(entry.name)
    node = _KNOWN.get(kind)
    return node + entry.name[len(kind) :] if node else ""


def _place(entry: TaskEntry) -> tuple[int, int]:
    node = _node(entry)
    return (-1, _BEFORE.index(node)) if node in _BEFORE else place_of(node)
