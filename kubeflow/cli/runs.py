"""The commands about runs on Kubeflow Pipelines."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kubeflow.cli.options import ConnectionOptions, PackageArgument, RunOptions
from kubeflow.texts import columns, duration, moment

if TYPE_CHECKING:
    from kubeflow.client.connection import Connection

UNSUCCESSFUL = 1
RunArgument = Annotated[
    str, typer.Argument(help="Id or name of a run, or the first characters of one.")
]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Wait until it ends. Exit code 1 unless it succeeded.")
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
    """List the latest runs on Kubeflow Pipelines."""
    from kubeflow.client import runs

    rows = [
        [
            run.run_id[:8],
            runs.state_of(run),
            moment(run.created_at),
            duration(runs.seconds_of_run(run)),
            run.display_name,
        ]
        for run in runs.latest(cluster.open(), limit)
    ]
    typer.echo(columns(["run", "state", "started", "took", "name"], rows) or "No runs.")


def status(
    run: RunArgument,
    *,
    watch: WatchOption = False,
    interval: IntervalOption = 10.0,
    cluster: ConnectionOptions,
) -> None:
    """Show the state of a run and of its nodes."""
    from kubeflow.client import runs

    connection = cluster.open()
    found = runs.find(connection, run)
    if watch:
        _watch(connection, found, interval)
    else:
        _print_state(connection, found)


def terminate(run: RunArgument, *, cluster: ConnectionOptions) -> None:
    """Stop a run. What its finished nodes wrote is kept."""
    from kubeflow.client import runs

    connection = cluster.open()
    found = runs.find(connection, run)
    if runs.is_finished(found):
        typer.echo(f"{found.display_name} has already ended: {runs.state_of(found)}.")
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


def _print_state(connection: "Connection", run: Any) -> None:
    from kubeflow.client import runs
    from kubeflow.client.tasks import not_begun, tasks_of

    state, took = runs.state_of(run), duration(runs.seconds_of_run(run))
    typer.echo(f"{run.display_name}: {state}, started {moment(run.created_at)}, {took}")
    rows = [
        [f"  {task.name}", task.state, duration(task.seconds), task.error] for task in tasks_of(run)
    ]
    typer.echo(columns([], rows) or "  No node has started.")
    for line in (not_begun(run), run.error):
        if line:
            typer.echo(f"  {line}")
    if state in ("FAILED", "ERROR"):
        typer.echo(f"  Logs: {_log_command(connection, run)}")


def _watch(connection: "Connection", run: Any, interval: float) -> None:
    """Prints a line for each change of a node, until the run ends."""
    from kubeflow.client import runs
    from kubeflow.client.tasks import tasks_of

    printed: dict[str, str] = {}
    while True:
        for task in tasks_of(run):
            if printed.get(task.name) != task.state:
                printed[task.name] = task.state
                took = f" {duration(task.seconds)}" if task.state in runs.FINISHED else ""
                reason = f": {task.error}" if task.error else ""
                typer.echo(f"  {datetime.now():%H:%M:%S}  {task.name} {task.state}{took}{reason}")
        if runs.is_finished(run):
            break
        time.sleep(interval)
        run = runs.get(connection, run.run_id)
    _print_state(connection, run)
    if runs.state_of(run) != "SUCCEEDED":
        raise typer.Exit(UNSUCCESSFUL)


def _log_command(connection: "Connection", run: Any) -> str:
    namespace = connection.namespace or "kubeflow"
    return f"kubectl logs -n {namespace} -l pipeline/runid={run.run_id} -c main --prefix --tail=50"
