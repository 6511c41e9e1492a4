"""Schedules on Kubeflow Pipelines, which calls them recurring runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from kubeflow.client.connection import Connection
from kubeflow.client.runs import experiment_id
from kubeflow.client.uploads import PAGE, Uploaded, pages
from kubeflow.errors import PipelinesError


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


def refuse_taken(connection: Connection, name: str) -> None:
    """Makes sure that no schedule bears the name yet.

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
    """Makes a schedule that never runs twice at a time and never makes up for what it missed.

    Schedules of the same name are removed. The new one is made first, so that a refusal leaves the
    old one at work.

    Returns:
        Ids of the schedules that were removed.

    Raises:
        PipelinesError: the server refuses.
    """
    experiment = experiment_id(connection, schedule.experiment)
    same = [old.recurring_run_id for old in _named(connection, schedule.name)]
    with connection.to("make the schedule") as client:
        client.create_recurring_run(
            experiment,
            schedule.name,
            cron_expression=schedule.cron,
            start_time=_timestamp(schedule.start),
            end_time=_timestamp(schedule.end),
            max_concurrency=1,
            no_catchup=True,
            params=parameters,
            pipeline_id=uploaded.pipeline_id,
            version_id=uploaded.version_id,
            service_account=schedule.service_account,
        )
    for identity in same:
        remove(connection, identity)
    return same


def every(connection: Connection) -> Iterator[Any]:
    """Yields the server's `RecurringRun`s of the user's namespace."""

    def fetch(token: str) -> Any:
        with connection.to("list the schedules") as client:
            return client.list_recurring_runs(
                page_token=token,
                page_size=PAGE,
                sort_by="created_at desc",
                namespace=connection.namespace or None,
            )

    return pages(fetch, "recurring_runs")


def find(connection: Connection, wanted: str) -> Any:
    """Returns a schedule by its name or id.

    Raises:
        PipelinesError: there is none, or the name is that of several.
    """
    known = list(every(connection))
    found = [one for one in known if wanted in (one.display_name, one.recurring_run_id)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(one.recurring_run_id for one in found)
        raise PipelinesError(f"Several schedules bear the name {wanted!r}: give an id of {ids}.")
    names = ", ".join(sorted(repr(one.display_name) for one in known)) or "none"
    raise PipelinesError(f"There is no schedule {wanted!r}. Schedules: {names}.")


def pause(connection: Connection, identity: str) -> None:
    """Starts no more runs. KFP also stops those of the schedule that are at work."""
    with connection.to("pause the schedule") as client:
        client.disable_recurring_run(identity)


def resume(connection: Connection, identity: str) -> None:
    """Lets a paused schedule go on; runs that it missed are not made up for."""
    with connection.to("resume the schedule") as client:
        client.enable_recurring_run(identity)


def remove(connection: Connection, identity: str) -> None:
    """Removes a schedule; its runs stay in the list."""
    with connection.to("remove the schedule") as client:
        client.delete_recurring_run(identity)


def is_paused(schedule: Any) -> bool:
    """Whether it starts no runs. The state is not said by servers of 2.0 that never ran it."""
    status = schedule.status or schedule.mode
    return str(status) in ("DISABLED", "DISABLE")


def cron_of(schedule: Any) -> str | None:
    """Returns the cron expression; None for a schedule by interval, made in the web interface."""
    trigger = schedule.trigger
    return trigger.cron_schedule.cron if trigger and trigger.cron_schedule else None


def describe_cron(schedule: Any) -> str:
    """Returns when a schedule fires, e.g. `0 0 2 * * SUN` or `every 3600 s`."""
    if cron := cron_of(schedule):
        return str(cron)
    periodic = schedule.trigger.periodic_schedule if schedule.trigger else None
    return f"every {periodic.interval_second} s" if periodic else "by hand"


def _named(connection: Connection, name: str) -> list[Any]:
    return [one for one in every(connection) if one.display_name == name]


def _timestamp(moment: datetime | None) -> str | None:
    """Writes a time as RFC 3339 in UTC."""
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
