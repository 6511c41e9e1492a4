"""The commands about runs on Kubeflow Pipelines."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.runtime.exit_codes import ExitCode
from kubeflow.cli.options import ConnectionOptions, PackageArgument, RunOptions
from kubeflow.texts import columns, duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubeflow.client.connection import Connection
    from kubeflow.client.run_status import RunStatus
    from kubeflow.client.runs import Run

RunArgument = Annotated[
    str, typer.Argument(help="Id or name of a run, or the first characters of one.")
]
WatchOption = Annotated[
    bool,
    typer.Option(
        "--watch",
        help="Wait until it ends, with the exit code of `medtfx run`: 0 pushed, 3 not blessed, 4 "
        "not enough new data, 5 waits for approval, 1 failed or stopped.",
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
    from kubeflow.client.package_loader import open_package
    from kubeflow.client.pipeline_package import parse_parameters

    with open_package(package, options.image) as compiled:
        values = parse_parameters(compiled, options.param or [])
        connection = cluster.open()
        uploaded = upload_package(connection, compiled)
    name = f"{compiled.name} {datetime.now():%Y-%m-%d %H:%M:%S}"
    experiment = options.experiment or compiled.name
    run = runs.start(connection, uploaded, name, experiment, values, options.service_account)
    typer.echo(f"Started: {name}, run {run.run_id}")
    typer.echo(f"  page    {connection.link(f'runs/details/{run.run_id}')}")
    typer.echo(f"  status  medtfx kubeflow status {run.run_id[:8]}")
    if watch:
        _watch(connection, runs.get(connection, run.run_id), interval)


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


def upload_package(connection: "Connection", compiled: Any) -> Any:
    """Uploads a package and prints its version."""
    from kubeflow.client.uploads import upload

    uploaded = upload(connection, compiled)
    action = "Uploaded" if uploaded.new else "Already uploaded"
    typer.echo(f"{action}: pipeline {compiled.name}, version {uploaded.version}")
    return uploaded


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
