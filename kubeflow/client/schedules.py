"""Schedules on Kubeflow Pipelines, which calls them recurring runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.pipeline_package import PipelinePackage
from kubeflow.client.runs import run_body, stop_runs_of
from kubeflow.client.uploads import Uploaded
from kubeflow.errors import PipelinesError

_PATH = "/recurringruns"
# KFP names a run by its schedule and five random letters: `chest-abcde-...`.
_END = "-"


@dataclass(frozen=True)
class Schedule:
    """When which version of a pipeline is to run.

    Attributes:
        name: under which it is paused, resumed and removed.
        cron: six fields, checked.
        experiment: in which its runs appear.
        start: aware; no run before it.
        end: aware; no run after it.
        service_account: under which the pods run; None: the cluster's default.
    """

    name: str
    cron: str
    experiment: str
    start: datetime | None = None
    end: datetime | None = None
    service_account: str | None = None


@dataclass(frozen=True)
class RecurringRun:
    """A schedule that the server has.

    Attributes:
        recurring_run_id: its id.
        display_name: its name.
        status: `ENABLED` or `DISABLED`; `ENABLE` or `DISABLE` on servers of 2.0 that never ran it.
        trigger: the server's `Trigger`.
    """

    recurring_run_id: str
    display_name: str
    status: str
    trigger: dict[str, Any]


def scheduled_parameters(
    package: PipelinePackage, given: dict[str, Any], *, always_train: bool
) -> dict[str, Any]:
    """Returns the parameters of the runs of a schedule.

    They train only if enough is new, and fail if the model is refused, since a list of runs shows
    nothing but the status. A parameter that is given, or for which the recipe has a value, stays.
    """
    values = dict(given)
    if "if_new" in package.inputs:
        values.setdefault("if_new", not always_train)
    gate = package.inputs.get("gate_failure")
    if gate is not None and not gate.get("defaultValue"):
        values.setdefault("gate_failure", "fail")
    return values


def refuse_taken(connection: Connection, name: str) -> None:
    """Makes sure that no schedule has the name yet.

    Raises:
        PipelinesError: there is one.
    """
    for taken in _named(connection, name):
        raise PipelinesError(
            f"There is a schedule {name!r} already ({describe_cron(taken)}): two would train "
            "twice. Replace it with --replace, or give another --name."
        )


def create(
    connection: Connection, uploaded: Uploaded, schedule: Schedule, parameters: dict[str, Any]
) -> list[str]:
    """Makes a schedule that never runs twice at a time and does not catch up on missed runs.

    Schedules of the same name are removed. The new one is made first, so that a refusal leaves the
    old one active.

    Returns:
        Ids of the schedules that were removed.

    Raises:
        PipelinesError: the server refuses.
    """
    same = [old.recurring_run_id for old in _named(connection, schedule.name)]
    times = {"start_time": schedule.start, "end_time": schedule.end}
    cron = {name: _timestamp(time) for name, time in times.items() if time}
    body = run_body(
        connection,
        uploaded,
        schedule.name + _END,
        schedule.experiment,
        parameters,
        schedule.service_account,
    )
    body |= {
        "trigger": {"cron_schedule": {"cron": schedule.cron, **cron}},
        "max_concurrency": "1",
        "no_catchup": True,
        "mode": "ENABLE",
    }
    connection.call("make the schedule", "POST", _PATH, body=body)
    for identity in same:
        remove(connection, identity)
    return same


def every(connection: Connection) -> Iterator[RecurringRun]:
    """Yields the schedules of the user's namespace."""
    query = {"namespace": connection.namespace}
    for values in connection.items("list the schedules", _PATH, "recurringRuns", query):
        yield RecurringRun(
            values["recurring_run_id"],
            values["display_name"].removesuffix(_END),
            str(values.get("status") or values.get("mode")),
            values.get("trigger") or {},
        )


def find(connection: Connection, wanted: str) -> RecurringRun:
    """Returns a schedule by its name or id.

    Raises:
        PipelinesError: there is none, or several have that name.
    """
    known = list(every(connection))
    found = [one for one in known if wanted in (one.display_name, one.recurring_run_id)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.recurring_run_id for one in found)
        raise PipelinesError(f"Several schedules have the name {wanted!r}: give an id of {ids}.")
    names = ", ".join(sorted(repr(one.display_name) for one in known)) or "none"
    raise PipelinesError(f"There is no schedule {wanted!r}. Schedules: {names}.")


def pause(connection: Connection, identity: str) -> None:
    """Starts no more runs. KFP also stops those of the schedule that are running."""
    connection.call("pause the schedule", "POST", f"{_PATH}/{identity}:disable")


def resume(connection: Connection, identity: str) -> None:
    """Starts runs again; those that were missed are not caught up on."""
    connection.call("resume the schedule", "POST", f"{_PATH}/{identity}:enable")


def remove(connection: Connection, identity: str) -> list[str]:
    """Stops the runs of a schedule, removes it, and returns the names of the runs.

    With the schedule goes the workflow of a run, also of one that is being stopped: in KFP, such a
    run would stay as it is for ever. So the schedule starts no more, and its runs end before it.

    Raises:
        PipelinesError: a run does not end.
    """
    pause(connection, identity)
    stopped = stop_runs_of(connection, identity)
    connection.call("remove the schedule", "DELETE", f"{_PATH}/{identity}")
    return [run.display_name for run in stopped]


def is_paused(schedule: RecurringRun) -> bool:
    """Whether it starts no runs."""
    return schedule.status in ("DISABLED", "DISABLE")


def cron_of(schedule: RecurringRun) -> str | None:
    """Returns the cron expression; None for a schedule by interval, made in the web interface."""
    cron = (schedule.trigger.get("cron_schedule") or {}).get("cron")
    return str(cron) if cron else None


def describe_cron(schedule: RecurringRun) -> str:
    """Returns when a schedule runs, e.g. `0 0 2 * * SUN` or `every 3600 s`."""
    if cron := cron_of(schedule):
        return cron
    periodic = schedule.trigger.get("periodic_schedule")
    return f"every {periodic['interval_second']} s" if periodic else "by hand"


def _named(connection: Connection, name: str) -> list[RecurringRun]:
    return [one for one in every(connection) if one.display_name == name]


def _timestamp(moment: datetime) -> str:
    """Writes a time as RFC 3339 in UTC."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
