"""The commands about runs on Kubeflow Pipelines."""

import time
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from components.runtime.exit_codes import ExitCode
from kubeflow.cli.options import ConnectionOptions, PackageArgument, RunOptions
from kubeflow.texts import columns, duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubeflow.client.connection import Connection
    from kubeflow.client.pipeline_package import PipelinePackage
    from kubeflow.client.run_status import RunStatus
    from kubeflow.client.runs import Run
    from kubeflow.client.uploads import Uploaded

RunArgument = Annotated[
    str, typer.Argument(help="Id or name of a run, or the first characters of one.")
]
WatchOption = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Wait until it ends, with the exit code of `medtfx run`: 0 pushed, 3 not blessed "
        "or an alarm, 4 not enough new data, 5 waits for approval, 1 failed or stopped.",
    ),
]
IntervalOption = Annotated[
    float, typer.Option(help="Seconds between two queries, with --watch.", min=0.01)
]


def submit(
    package: PackageArgument,
    *,
    options: RunOptions,
    watch: WatchOption = False,
    interval: IntervalOption = 10.0,
    cluster: ConnectionOptions,
) -> None:
    """Run a package on Kubeflow Pipelines now."""
    from kubeflow.client import runs

    connection, run_id, lines = start_run(package, options, cluster)
    for line in lines:
        typer.echo(line)
    if watch:
        _watch(connection, runs.get(connection, run_id), interval)


class Started(NamedTuple):
    """A run that was started.

    Attributes:
        connection: to the server.
        run_id: its id.
        lines: for the user.
    """

    connection: "Connection"
    run_id: str
    lines: list[str]


def start_run(
    package: str,
    options: RunOptions,
    cluster: ConnectionOptions,
    more: Mapping[str, object] = MappingProxyType({}),
) -> Started:
    """Uploads a package, or compiles a recipe, and starts a run of it.

    Args:
        package: a compiled package or a recipe.
        options: of the command line.
        cluster: that it runs on.
        more: further parameters, as far as the package has them and the options don't.

    Raises:
        MedtfxError: the package or a parameter can't be used, or the server refuses.
    """
    from kubeflow.client import runs
    from kubeflow.client.package_loader import open_package
    from kubeflow.client.pipeline_package import parse_parameters
    from kubeflow.client.uploads import upload

    with open_package(package, options.image) as compiled:
        given = parse_parameters(compiled, options.param or [])
        values = {key: more[key] for key in more if key in compiled.inputs} | given
        connection = cluster.open()
        uploaded = upload(connection, compiled)
    name = f"{compiled.name} {datetime.now():%Y-%m-%d %H:%M:%S}"
    experiment = options.experiment or compiled.name
    body = runs.run_body(connection, uploaded, name, experiment, values, options.service_account)
    run = runs.start(connection, body)
    lines = [
        uploaded_line(compiled, uploaded),
        f"Started: {name}, run {run.run_id}",
        f"  page    {connection.link(f'runs/details/{run.run_id}')}",
        f"  status  medtfx kubeflow status {run.run_id[:8]}",
    ]
    return Started(connection, run.run_id, lines)


def list_runs(
    *,
    limit: Annotated[int, typer.Option(help="How many runs.", min=1)] = 20,
    cluster: ConnectionOptions,
) -> None:
    """List the latest runs on Kubeflow Pipelines, and what each one came to."""
    from kubeflow.client import runs
    from kubeflow.client.run_status import short_outcomes

    connection = cluster.open()
    found = runs.latest(connection, limit)
    rows = [
        [
            run.run_id[:8],
            run.state,
            moment(run.created_at),
            duration(runs.seconds_of_run(run)),
            run.display_name,
            outcome,
        ]
        for run, outcome in zip(found, short_outcomes(connection, found), strict=True)
    ]
    titles = ["run", "state", "started", "took", "name", "outcome"]
    typer.echo(columns(titles, rows) or "No runs.")


def status(
    run: RunArgument,
    *,
    watch: WatchOption = False,
    interval: IntervalOption = 10.0,
    cluster: ConnectionOptions,
) -> None:
    """Show the state of a run and of its nodes, the verdict of the gate, and what holds it up."""
    from kubeflow.client import runs
    from kubeflow.client.run_status import StatusReader

    connection = cluster.open()
    found = runs.find(connection, run)
    if watch:
        _watch(connection, found, interval)
    else:
        _print_status(connection, StatusReader(connection, found).read(found))


def terminate(run: RunArgument, *, cluster: ConnectionOptions) -> None:
    """Stop a run. What its finished nodes wrote is kept."""
    from kubeflow.client import runs

    connection = cluster.open()
    found = runs.find(connection, run)
    if runs.is_finished(found):
        typer.echo(f"{found.display_name} has already ended: {found.state}.")
        return
    runs.terminate(connection, found.run_id)
    typer.echo(f"{found.display_name} is being stopped.")


def uploaded_line(compiled: "PipelinePackage", uploaded: "Uploaded") -> str:
    """Returns the line that names the version of a package."""
    action = "Uploaded" if uploaded.new else "Already uploaded"
    return f"{action}: pipeline {compiled.name}, version {uploaded.version}"


def _print_status(connection: "Connection", status: "RunStatus") -> None:
    from kubeflow.client import pods, runs

    run = status.run
    took = duration(runs.seconds_of_run(run))
    typer.echo(f"{run.display_name}: {run.state}, started {moment(run.created_at)}, {took}")
    rows = []
    for task in status.tasks:
        reason = status.reasons.get(task.node, "")
        rows.append([f"  {task.name}", task.state, duration(task.seconds), reason])
        nodes = status.nodes.get(task.node, {})
        rows += [[f"    {node}", state, "", ""] for node, state in nodes.items()]
    typer.echo(columns([], rows) or "  No node has started.")
    if status.never_began:
        typer.echo(f"  Never began: {', '.join(status.never_began)}.")
    for result, found in status.results.items():
        typer.echo(f"  {result.value}: {found.text} ({found.source})")
    for line in (status.note, run.error):
        if line:
            typer.echo(f"  {line}")
    if run.state in ("FAILED", "ERROR"):
        typer.echo(f"  Logs: {pods.log_command(connection.namespace, run.run_id)}")
    if status.is_silent:
        command = pods.describe_command(connection.namespace, run.run_id)
        typer.echo(f"  A running pod has no log here. This shows whether it has started: {command}")


def _watch(connection: "Connection", run: "Run", interval: float) -> None:
    """Prints a line for each change, until the run ends; exits as `medtfx run` would.

    Raises:
        typer.Exit: always.
    """
    from kubeflow.client import runs
    from kubeflow.client.run_status import StatusReader

    reader = StatusReader(connection, run)
    printed: dict[str, str] = {}
    while True:
        status = reader.read(run)
        for name, text in _changing(status):
            if printed.get(name) != text:
                printed[name] = text
                typer.echo(f"  {datetime.now():%H:%M:%S}  {name} {text}")
        if runs.is_finished(run):
            break
        time.sleep(interval)
        run = runs.get(connection, run.run_id)
    _print_status(connection, status)
    code = status.exit_code()
    if code is None:
        typer.echo(
            "The run succeeded, but whether its model was pushed can't be read any more: its log "
            "is gone. KFP's page shows it, and so does this command where $MEDTFX_MLMD names the "
            "ML Metadata of the nodes.",
            err=True,
        )
    raise typer.Exit(ExitCode.FAILED if code is None else code)


def _changing(status: "RunStatus") -> "Iterator[tuple[str, str]]":
    """Yields what a watcher is shown when it changes: name → text."""
    from kubeflow.client.runs import FINISHED

    for task in status.tasks:
        took = f" {duration(task.seconds)}" if task.state in FINISHED else ""
        reason = status.reasons.get(task.node, "")
        yield task.name, f"{task.state}{took}{': ' if reason else ''}{reason}"
        for node, state in status.nodes.get(task.node, {}).items():
            if state:
                yield f"  {node}", state
