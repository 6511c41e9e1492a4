"""The commands around schedules on Kubeflow Pipelines."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from kubeflow.cli.options import (
    CertificateOption,
    ExperimentOption,
    HostOption,
    ImageOption,
    NamespaceOption,
    PackageArgument,
    ParamOption,
    ServiceAccountOption,
    TokenOption,
    open_connection,
)
from kubeflow.cli.runs import upload_and_tell
from kubeflow.texts import columns, moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SHOWN_TIMES = 5
# The parameter by which a run declines to train where little is new.
IF_NEW = "if_new"
NameArgument = Annotated[str, typer.Argument(help="Name of the schedule, or its id.")]
TIME_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
ZoneOption = Annotated[
    str,
    typer.Option(
        "--scheduler-zone",
        envvar="KFP_CRON_TIMEZONE",
        help="In which the cluster reads cron: its CRON_SCHEDULE_TIMEZONE.",
    ),
]


def schedule(
    package: PackageArgument,
    cron: Annotated[
        str, typer.Option("--cron", help='Six fields, seconds first: "0 0 2 * * SUN".')
    ],
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", help="Of the schedule [the pipeline's name]."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the schedule of the same name.")
    ] = False,
    start: Annotated[
        Optional[datetime],  # noqa: UP045
        typer.Option(formats=TIME_FORMATS, help="No run before, in this machine's zone."),
    ] = None,
    end: Annotated[
        Optional[datetime],  # noqa: UP045
        typer.Option(formats=TIME_FORMATS, help="No run after, in this machine's zone."),
    ] = None,
    scheduler_zone: ZoneOption = "UTC",
    host: HostOption = None,
    namespace: NamespaceOption = None,
    experiment: ExperimentOption = None,
    param: ParamOption = None,
    image: ImageOption = None,
    service_account: ServiceAccountOption = None,
    always_train: Annotated[
        bool,
        typer.Option("--always-train", help="Train each time, also where little is new."),
    ] = False,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Run a package on Kubeflow Pipelines again and again, one run at a time."""
    from kubeflow.client import schedules
    from kubeflow.client.cron import check_cron, find_zone
    from kubeflow.client.package_loader import open_package
    from kubeflow.client.pipeline_package import parse_parameters

    expression, zone = check_cron(cron), find_zone(scheduler_zone)
    start, end = (time.astimezone() if time else None for time in (start, end))
    times = _firing_times(expression, zone, start, end)
    with open_package(package, image) as compiled:
        given = parse_parameters(compiled, param or [])
        values = schedules.scheduled_parameters(compiled, given, always_train=always_train)
        connection = open_connection(host, namespace, token_file, ca_cert)
        wanted = schedules.Schedule(
            name or compiled.name,
            expression,
            experiment or compiled.name,
            start,
            end,
            service_account,
        )
        if not replace:
            schedules.refuse_taken(connection, wanted.name)
        uploaded = upload_and_tell(connection, compiled)
    removed = schedules.create(connection, uploaded, wanted, values)
    typer.echo(f"{'Replaced' if removed else 'Scheduled'}: {wanted.name}, {expression}, {zone}")
    typer.echo(columns(["next", f"in {zone}"], _time_rows(times)))
    typer.echo(
        f"The cluster is taken to read cron in {zone}; if it is set up otherwise, name its zone "
        "with --scheduler-zone."
    )
    if values.get(IF_NEW):
        typer.echo(
            "A run trains if enough is new, by the recipe's section `retraining`; with "
            "--always-train each does."
        )


def list_schedules(
    scheduler_zone: ZoneOption = "UTC",
    host: HostOption = None,
    namespace: NamespaceOption = None,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """List the schedules on Kubeflow Pipelines."""
    from kubeflow.client import schedules
    from kubeflow.client.cron import find_zone, next_times
    from kubeflow.errors import PipelinesError

    zone = find_zone(scheduler_zone)
    rows = []
    for one in schedules.every(open_connection(host, namespace, token_file, ca_cert)):
        cron, paused = schedules.cron_of(one), schedules.is_paused(one)
        try:
            times = next_times(cron, 1, zone=zone) if cron and not paused else []
        except (PipelinesError, ValueError):  # made elsewhere, by other rules than ours
            times = []
        following = moment(times[0]) if times else "-"
        state = "paused" if paused else "active"
        rows.append([one.display_name, schedules.describe_cron(one), state, following])
    typer.echo(columns(["schedule", "cron", "state", "next"], rows) or "No schedules.")


def pause(
    name: NameArgument,
    host: HostOption = None,
    namespace: NamespaceOption = None,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Pause a schedule: it starts no more runs until it is resumed."""
    from kubeflow.client import schedules

    connection = open_connection(host, namespace, token_file, ca_cert)
    found = schedules.find(connection, name)
    schedules.pause(connection, found.recurring_run_id)
    typer.echo(f"{found.display_name} is paused.")


def resume(
    name: NameArgument,
    host: HostOption = None,
    namespace: NamespaceOption = None,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Let a paused schedule go on. Runs that it missed are not made up for."""
    from kubeflow.client import schedules

    connection = open_connection(host, namespace, token_file, ca_cert)
    found = schedules.find(connection, name)
    schedules.resume(connection, found.recurring_run_id)
    typer.echo(f"{found.display_name} is active again: {schedules.describe_cron(found)}.")


def unschedule(
    name: NameArgument,
    host: HostOption = None,
    namespace: NamespaceOption = None,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Remove a schedule and stop its run, if one is running. Earlier runs and models stay."""
    from kubeflow.client import schedules

    connection = open_connection(host, namespace, token_file, ca_cert)
    found = schedules.find(connection, name)
    for run in schedules.remove(connection, found.recurring_run_id):
        typer.echo(f"{run} is being stopped.")
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
