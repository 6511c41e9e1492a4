"""The commands about schedules on Kubeflow Pipelines."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubeflow.cli.options import ConnectionOptions, PackageArgument, RunOptions
from kubeflow.cli.runs import uploaded_line
from kubeflow.texts import columns, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


SHOWN_TIMES = 5
# The parameter with which a run trains only if there is enough new data.
IF_NEW = "if_new"
NameArgument = Annotated[str, typer.Argument(help="Name or id of the schedule.")]
ZoneOption = Annotated[
    str,
    typer.Option(
        "--scheduler-zone",
        envvar="KFP_CRON_TIMEZONE",
        help="Time zone of the cluster's scheduler: its CRON_SCHEDULE_TIMEZONE.",
    ),
]


def _time_option(rule: str) -> Any:
    return typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        metavar="TIME",
        help=f"{rule} this, e.g. 2030-01-31T08:00, in this machine's time zone.",
    )


def schedule(
    package: PackageArgument,
    *,
    cron: Annotated[str, typer.Option(help='Six fields, seconds first: "0 0 2 * * SUN".')],
    name: Annotated[
        str | None, typer.Option(help="Name of the schedule. Default: the pipeline's name.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the schedule of the same name.")
    ] = False,
    start: Annotated[datetime | None, _time_option("No run before")] = None,
    end: Annotated[datetime | None, _time_option("No run after")] = None,
    scheduler_zone: ZoneOption = "UTC",
    always_train: Annotated[
        bool, typer.Option("--always-train", help="Train each time, also without new data.")
    ] = False,
    monitor: Annotated[
        bool,
        typer.Option(
            "--monitor",
            help="Run `medtfx monitor` on the model of the recipe. Needs --param log=FOLDER and "
            "root=FOLDER, on the recipe's volumes.",
        ),
    ] = False,
    on_alarm: Annotated[
        str,
        typer.Option(
            help="With --monitor: fail, the run is red, or retrain, if there is enough new data.",
        ),
    ] = "fail",
    options: RunOptions,
    cluster: ConnectionOptions,
) -> None:
    """Run a package on a schedule, one run at a time, or the monitor of a recipe's model."""
    from kubeflow.client import schedules
    from kubeflow.client.cron import check_cron, find_zone
    from kubeflow.client.package_loader import check_reaction, open_package
    from kubeflow.client.pipeline_package import parse_parameters
    from kubeflow.client.uploads import upload

    reaction = check_reaction(on_alarm) if monitor else None
    expression, zone = check_cron(cron), find_zone(scheduler_zone)
    start, end = (time.astimezone() if time else None for time in (start, end))
    times = _firing_times(expression, zone, start, end)
    with open_package(package, options.image, reaction) as compiled:
        given = parse_parameters(compiled, options.param or [])
        values = schedules.scheduled_parameters(compiled, given, always_train=always_train)
        connection = cluster.open()
        wanted = schedules.Schedule(
            name or compiled.name,
            expression,
            options.experiment or compiled.name,
            start,
            end,
            options.service_account,
        )
        if not replace:
            schedules.refuse_taken(connection, wanted.name)
        uploaded = upload(connection, compiled)
        typer.echo(uploaded_line(compiled, uploaded))
    removed = schedules.create(connection, uploaded, wanted, values)
    typer.echo(f"{'Replaced' if removed else 'Scheduled'}: {wanted.name}, {expression}, {zone}")
    typer.echo(columns(["next", f"in {zone}"], _time_rows(times)))
    typer.echo(
        f"These times assume that the cluster's scheduler runs in {zone}; if not, pass its time "
        "zone with --scheduler-zone."
    )
    if values.get(IF_NEW):
        typer.echo(
            "A run trains only if there is enough new data, by the recipe's section `retraining`; "
            "with --always-train it always does."
        )


def list_schedules(*, scheduler_zone: ZoneOption = "UTC", cluster: ConnectionOptions) -> None:
    """List the schedules on Kubeflow Pipelines."""
    from kubeflow.client import schedules
    from kubeflow.client.cron import find_zone, next_times
    from kubeflow.errors import PipelinesError

    zone = find_zone(scheduler_zone)
    rows = []
    for one in schedules.every(cluster.open()):
        cron, paused = schedules.cron_of(one), schedules.is_paused(one)
        try:
            times = next_times(cron, 1, zone=zone) if cron and not paused else []
        except (PipelinesError, ValueError):  # created elsewhere, with other rules than ours
            times = []
        following = moment(times[0]) if times else "-"
        state = "paused" if paused else "active"
        rows.append([one.display_name, schedules.describe_cron(one), state, following])
    typer.echo(columns(["schedule", "cron", "state", "next"], rows) or "No schedules.")


def pause(name: NameArgument, *, cluster: ConnectionOptions) -> None:
    """Pause a schedule: it starts no runs until it is resumed."""
    from kubeflow.client import schedules

    connection = cluster.open()
    found = schedules.find(connection, name)
    schedules.pause(connection, found.recurring_run_id)
    typer.echo(f"{found.display_name} is paused.")


def resume(name: NameArgument, *, cluster: ConnectionOptions) -> None:
    """Resume a paused schedule. Missed runs are not started."""
    from kubeflow.client import schedules

    connection = cluster.open()
    found = schedules.find(connection, name)
    schedules.resume(connection, found.recurring_run_id)
    typer.echo(f"{found.display_name} is active again: {schedules.describe_cron(found)}.")


def unschedule(name: NameArgument, *, cluster: ConnectionOptions) -> None:
    """Remove a schedule and stop its run, if one is running. Earlier runs and models are kept."""
    from kubeflow.client import schedules

    connection = cluster.open()
    found = schedules.find(connection, name)
    for run in schedules.remove(connection, found.recurring_run_id):
        typer.echo(f"{run} was stopped.")
    typer.echo(f"{found.display_name} is removed.")


def _firing_times(
    expression: str, zone: "ZoneInfo", start: datetime | None, end: datetime | None
) -> list[datetime]:
    """Returns the first times between start and end, after now.

    Raises:
        PipelinesError: there is none, so that the schedule would never start a run.
    """
    from kubeflow.client.cron import next_times
    from kubeflow.errors import PipelinesError

    now = datetime.now().astimezone()
    times = next_times(expression, SHOWN_TIMES, zone=zone, after=max(start or now, now))
    times = [time for time in times if end is None or time <= end]
    if not times:
        raise PipelinesError(f"{expression!r} does not fire before --end: it would never run.")
    return times


def _time_rows(times: list[datetime]) -> list[list[str]]:
    return [
        [f"{time.astimezone():%a %Y-%m-%d %H:%M:%S %Z}", f"{time:%a %Y-%m-%d %H:%M:%S}"]
        for time in times
    ]
