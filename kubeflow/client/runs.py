"""Runs on Kubeflow Pipelines: started, found, told about, stopped."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import islice
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.uploads import PAGE, Uploaded, pages
from kubeflow.errors import PipelinesError

FINISHED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED", "ERROR")
_SEARCHED = 500  # the latest runs in which a name, or the beginning of an id, is looked for
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Task:
    """A node of a run.

    Attributes:
        name: as the pipeline calls it.
        state: e.g. `RUNNING`; `PENDING` if the server does not say.
        seconds: since its start, or what it took; None before.
        error: the reason of a failure, where the server tells it.
    """

    name: str
    state: str
    seconds: float | None
    error: str = ""


def experiment_id(connection: Connection, name: str) -> str:
    """Returns the id of an experiment, which is made if there is none of that name."""
    with connection.to(f"use the experiment {name!r}") as client:
        made = client.create_experiment(name, namespace=connection.namespace or None)
    return made.experiment_id


def start(
    connection: Connection,
    uploaded: Uploaded,
    name: str,
    experiment: str,
    parameters: dict[str, Any],
    service_account: str | None = None,
) -> Any:
    """Starts a run of an uploaded version, and returns the server's `Run`.

    Without a service account its pods run under the cluster's default.
    """
    experiment_identity = experiment_id(connection, experiment)
    with connection.to("start the run") as client:
        return client.run_pipeline(
            experiment_identity,
            name,
            params=parameters,
            pipeline_id=uploaded.pipeline_id,
            version_id=uploaded.version_id,
            service_account=service_account,
        )


def latest(connection: Connection, count: int) -> list[Any]:
    """Returns the latest runs, newest first."""
    return list(islice(_runs(connection), count))


def find(connection: Connection, wanted: str) -> Any:
    """Returns a run by its id, the beginning of its id, or the first words of its name.

    Of several with that name the latest is meant.

    Raises:
        PipelinesError: there is none, or the beginning is that of several.
    """
    if _UUID.fullmatch(wanted):
        return get(connection, wanted)
    candidates = list(islice(_runs(connection), _SEARCHED))
    for run in candidates:
        if f"{run.display_name} ".startswith(f"{wanted} "):
            return get(connection, run.run_id)
    found = [run.run_id for run in candidates if run.run_id.startswith(wanted)]
    if len(found) == 1:
        return get(connection, found[0])
    if found:
        raise PipelinesError(f"{wanted!r} begins the ids of several runs: {', '.join(found)}.")
    known = ", ".join(repr(run.display_name) for run in candidates[:5]) or "none"
    raise PipelinesError(f"There is no run {wanted!r}. The latest runs: {known}.")


def get(connection: Connection, run_id: str) -> Any:
    """Returns the server's `Run` with its tasks.

    Raises:
        PipelinesError: there is none, or the login has ended, as it may while a run is watched.
    """
    with connection.to(f"show the run {run_id}") as client:
        run = client.get_run(run_id)
    if not run.run_id:  # a login page: the generated client reads an empty run out of it
        raise PipelinesError(
            f"{connection.host} answers with a page instead of the run {run_id}: the login has "
            "probably ended. The run goes on; the same command shows it again."
        )
    return run


def terminate(connection: Connection, run_id: str) -> None:
    """Stops a run; what its finished nodes wrote stays."""
    with connection.to("stop the run") as client:
        client.terminate_run(run_id)


def state_of(run: Any) -> str:
    """Returns the state in capitals; `PENDING` before the server knows one."""
    state = str(run.state or "PENDING")
    return "PENDING" if state == "RUNTIME_STATE_UNSPECIFIED" else state


def is_finished(run: Any) -> bool:
    """Whether the run will not change any more."""
    return state_of(run) in FINISHED


def seconds_of_run(run: Any) -> float | None:
    """Returns how long a run took, or has been at work."""
    return _seconds(run.created_at, run.finished_at)


def tasks_of(run: Any) -> list[Task]:
    """Returns the nodes of a run in the order in which they started.

    The server also lists what it needs itself: a driver before each node, an executor in it and the
    graph around all. Their errors are told at the node.
    """
    details = (run.run_details.task_details or []) if run.run_details else []
    shown = [task for task in details if not _is_plumbing(task, details)]
    shown.sort(key=lambda task: _begin(task) or datetime.max.replace(tzinfo=timezone.utc))
    return [
        Task(
            name=task.display_name,
            state=state_of(task),
            seconds=_seconds(_begin(task), task.end_time),
            error=_error(task, details),
        )
        for task in shown
    ]


def _error(task: Any, details: list[Any]) -> str:
    """Returns the reason of a failure, if the server tells it; most only tell the state."""
    children = {key for child in task.child_tasks or [] for key in (child.task_id, child.pod_name)}
    inner = [
        part
        for part in details
        if part.display_name == f"{task.display_name}-driver"
        or (_is_executor(part.display_name or "") and {part.task_id, part.pod_name} & children)
    ]
    for part in (task, *inner):
        history = [status.error for status in reversed(part.state_history or [])]
        for error in (part.error, *history):
            if error and error.message:
                return str(error.message)
    return ""


def _is_executor(name: str) -> bool:
    return re.fullmatch(r"executor(\(\d+\))?", name) is not None


def _is_plumbing(task: Any, details: list[Any]) -> bool:
    name = task.display_name or ""
    if not name or name == "root" or _is_executor(name) or re.search(r"-driver(\(\d+\))?$", name):
        return True
    # The graph around all bears the name of its workflow: a name and five random letters.
    return (
        not task.parent_task_id
        and re.search(r"-[a-z0-9]{5}$", name) is not None
        and any(other.display_name == "root" for other in details)
    )


def _begin(task: Any) -> datetime | None:
    return _moment(task.start_time) or _moment(task.create_time)


def _moment(time: datetime | None) -> datetime | None:
    """Returns None for the server's zeros, the years 1 and 1970."""
    return time if time is not None and time.year > 1970 else None


def _seconds(begin: datetime | None, end: datetime | None) -> float | None:
    begin, end = _moment(begin), _moment(end)
    if begin is None:
        return None
    return max(0.0, ((end or datetime.now(timezone.utc)) - begin).total_seconds())


def _runs(connection: Connection) -> Iterator[Any]:
    def fetch(token: str) -> Any:
        with connection.to("list the runs") as client:
            return client.list_runs(
                page_token=token,
                page_size=PAGE,
                sort_by="created_at desc",
                namespace=connection.namespace or None,
            )

    return pages(fetch, "runs")
