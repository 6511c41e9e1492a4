"""Runs on Kubeflow Pipelines: start, find, stop."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.task_entries import TaskEntry, read_entries, state_word
from kubeflow.client.times import moment_of, seconds_between
from kubeflow.client.uploads import Uploaded
from kubeflow.errors import PipelinesError

STOPPED, STOPPING = "STOPPED", "STOPPING"
FINISHED = ("SUCCEEDED", "FAILED", "SKIPPED", STOPPED, "ERROR")
_CANCELING, _CANCELED = "CANCELING", "CANCELED"
_PATIENCE_SECONDS, _POLL_SECONDS = 180, 1.0
_SEARCHED = 500  # the latest runs in which a name, or the beginning of an id, is looked for
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Run:
    """A run, as the server describes it.

    Attributes:
        run_id: a UUID.
        display_name: e.g. `chest 2026-11-28 05:37:40`.
        state: in capitals; a stopped run is `STOPPED`, which the server calls FAILED or CANCELED.
        created_at: aware; None if the server does not say.
        finished_at: aware; None while it runs.
        error: the server's reason, or ''.
        recurring_run_id: of the schedule that started it, or ''.
        version: ids of the pipeline and of its version; empty if the server does not say.
        tasks: the server's list, which only one run that is asked for has.
    """

    run_id: str
    display_name: str
    state: str
    created_at: datetime | None
    finished_at: datetime | None
    error: str = ""
    recurring_run_id: str = ""
    version: tuple[str, str] = ("", "")
    tasks: list[TaskEntry] = field(default_factory=list, repr=False)


def read_run(values: dict[str, Any]) -> Run:
    """Reads the server's `Run`."""
    names = ("pipeline_version_reference", "pipeline_reference")  # KFP 2, KFP 3
    version: dict[str, str] = next((values[one] for one in names if values.get(one)), {})
    return Run(
        run_id=values.get("run_id", ""),
        display_name=values.get("display_name", ""),
        state=_run_state(values),
        created_at=moment_of(values.get("created_at")),
        finished_at=moment_of(values.get("finished_at")),
        error=(values.get("error") or {}).get("message", ""),
        recurring_run_id=values.get("recurring_run_id", ""),
        version=(version.get("pipeline_id", ""), version.get("pipeline_version_id", "")),
        tasks=read_entries(values),
    )


def experiment_id(connection: Connection, name: str, description: str = "") -> str:
    """Returns the id of an experiment, which is created if there is none of that name."""
    doing = f"use the experiment {name!r}"
    if found := connection.find(doing, "experiments", name):
        return str(found["experiment_id"])
    body = {"display_name": name, "description": description}
    if connection.namespace:
        body["namespace"] = connection.namespace
    return str(connection.call(doing, "POST", "/experiments", body=body)["experiment_id"])


def start(connection: Connection, body: dict[str, Any]) -> Run:
    """Starts a run, from `run_body`."""
    return read_run(connection.call("start the run", "POST", "/runs", body=body))


def run_body(
    connection: Connection,
    uploaded: Uploaded,
    name: str,
    experiment: str,
    parameters: dict[str, Any],
    service_account: str | None,
) -> dict[str, Any]:
    """Returns the API's description of a run of an uploaded version, now or on a schedule.

    Args:
        connection: to the server.
        uploaded: the version.
        name: of the run.
        experiment: in which KFP's page lists it.
        parameters: name → value.
        service_account: under which the pods run; None: the cluster's default.
    """
    body = {
        "display_name": name,
        "description": uploaded.description,
        "experiment_id": experiment_id(connection, experiment, uploaded.description),
        "pipeline_version_reference": {
            "pipeline_id": uploaded.pipeline_id,
            "pipeline_version_id": uploaded.version_id,
        },
        "runtime_config": {"parameters": parameters},
    }
    return body | ({"service_account": service_account} if service_account else {})


def latest(connection: Connection, count: int) -> list[Run]:
    """Returns the latest runs, newest first."""
    return list(islice(_runs(connection), count))


def find(connection: Connection, wanted: str) -> Run:
    """Returns a run by its id, the beginning of its id, or the first words of its name.

    Of several runs with that name it is the latest.

    Raises:
        PipelinesError: there is none, or several ids begin so.
    """
    if _UUID.fullmatch(wanted):
        return get(connection, wanted)
    candidates = latest(connection, _SEARCHED)
    for run in candidates:
        if f"{run.display_name} ".startswith(f"{wanted} "):
            return get(connection, run.run_id)
    found = [run.run_id for run in candidates if run.run_id.startswith(wanted)]
    if len(found) == 1:
        return get(connection, found[0])
    if found:
        raise PipelinesError(f"The ids of several runs begin with {wanted!r}: {', '.join(found)}.")
    known = ", ".join(repr(run.display_name) for run in candidates[:5]) or "none"
    raise PipelinesError(f"There is no run {wanted!r}. The latest runs: {known}.")


def get(connection: Connection, run_id: str) -> Run:
    """Returns a run with its tasks.

    Raises:
        PipelinesError: there is none, or the login has ended, as it may while a run is watched.
    """
    doing, path = f"show the run {run_id}", f"/runs/{run_id}"
    values = connection.call(doing, "GET", path)
    if values.get("task_count") and not values.get("tasks"):  # as Kubeflow Pipelines 3 answers
        values = connection.call(doing, "GET", path, query={"view": "FULL"})
    return read_run(values)


def terminate(connection: Connection, run_id: str) -> None:
    """Stops a run; what its finished nodes wrote stays."""
    connection.call("stop the run", "POST", f"/runs/{run_id}:terminate")


def stop_runs_of(connection: Connection, recurring_run_id: str) -> list[Run]:
    """Stops the runs of a schedule that have not ended, and returns them when they have.

    Raises:
        PipelinesError: a run does not end.
    """
    running = [
        run
        for run in latest(connection, _SEARCHED)
        if run.recurring_run_id == recurring_run_id and not is_finished(run)
    ]
    for run in running:
        if run.state != STOPPING:
            terminate(connection, run.run_id)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for run in running:
        while not is_finished(get(connection, run.run_id)):
            if time.monotonic() > deadline:
                raise PipelinesError(
                    f"{run.display_name} was told to stop {_PATIENCE_SECONDS} s ago, and has not "
                    "ended. Its schedule is paused; try again when it has."
                )
            time.sleep(_POLL_SECONDS)
    return running


def is_finished(run: Run) -> bool:
    """Whether the run will not change any more."""
    return run.state in FINISHED


def seconds_of_run(run: Run) -> float | None:
    """Returns how long a run took, or has been running."""
    return seconds_between(run.created_at, run.finished_at)


def _run_state(values: dict[str, Any]) -> str:
    """Returns the state of the server's `Run`.

    A run that was stopped becomes CANCELING, and then FAILED as soon as its workflow has ended.
    """
    state = state_word(values)
    passed = [entry.get("state") for entry in values.get("state_history") or []]
    if state == "FAILED" and _CANCELING in passed:
        return STOPPED
    return {_CANCELING: STOPPING, _CANCELED: STOPPED}.get(state, state)


def _runs(connection: Connection) -> Iterator[Run]:
    query = {"namespace": connection.namespace}
    for values in connection.items("list the runs", "/runs", "runs", query):
        yield read_run(values)
