"""The commands that start runs on Kubeflow Pipelines and tell about them."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

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
from kubeflow.texts import columns, duration, moment

if TYPE_CHECKING:
    from kubeflow.client.connection import Connection

UNSUCCESSFUL = 1
RunArgument = Annotated[str, typer.Argument(help="Its id or name, or how it begins (the latest).")]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Stay until it ends. Exit code 1 unless it succeeded.")
]
IntervalOption = Annotated[
    float, typer.Option("--interval", help="Seconds between two looks, with --watch.", min=0.01)
]


def submit(
    package: PackageArgument,
    host: HostOption = None,
    namespace: NamespaceOption = None,
    experiment: ExperimentOption = None,
    param: ParamOption = None,
    image: ImageOption = None,
    service_account: ServiceAccountOption = None,
    watch: WatchOption = False,
    interval: IntervalOption = 10.0,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Run a package on Kubeflow Pipelines, now."""
    from kubeflow.client import runs
    from kubeflow.client.package_loader import open_package
    from kubeflow.client.pipeline_package import parse_parameters

    with open_package(package, image) as compiled:
        values = parse_parameters(compiled, param or [])
        connection = open_connection(host, namespace, token_file, ca_cert)
        uploaded = upload_and_tell(connection, compiled)
    name = f"{compiled.name} {datetime.now():%Y-%m-%d %H:%M:%S}"
    run = runs.start(
        connection, uploaded, name, experiment or compiled.name, values, service_account
    )
    typer.echo(f"Started: {name}, run {run.run_id}")
    typer.echo(f"  page    {connection.link(f'runs/details/{run.run_id}')}")
    typer.echo(f"  status  medtfx kubeflow status {run.run_id[:8]}")
    if watch:
        _watch(connection, runs.get(connection, run.run_id), interval)


def list_runs(
    host: HostOption = None,
    namespace: NamespaceOption = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 20,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """List the latest runs on Kubeflow Pipelines."""
    from kubeflow.client import runs

    connection = open_connection(host, namespace, token_file, ca_cert)
    rows = [
        [
            run.run_id[:8],
            runs.state_of(run),
            moment(run.created_at),
            duration(runs.seconds_of_run(run)),
            run.display_name,
        ]
        for run in runs.latest(connection, limit)
    ]
    typer.echo(columns(["run", "state", "started", "took", "name"], rows) or "No runs.")


def status(
    run: RunArgument,
    host: HostOption = None,
    namespace: NamespaceOption = None,
    watch: WatchOption = False,
    interval: IntervalOption = 10.0,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Show how the nodes of a run on Kubeflow Pipelines are doing."""
    from kubeflow.client import runs

    connection = open_connection(host, namespace, token_file, ca_cert)
    found = runs.find(connection, run)
    if watch:
        _watch(connection, found, interval)
    else:
        _tell(connection, found)


def terminate(
    run: RunArgument,
    host: HostOption = None,
    namespace: NamespaceOption = None,
    token_file: TokenOption = None,
    ca_cert: CertificateOption = None,
) -> None:
    """Stop a run on Kubeflow Pipelines. What its finished nodes wrote stays."""
    from kubeflow.client import runs

    connection = open_connection(host, namespace, token_file, ca_cert)
    found = runs.find(connection, run)
    if runs.is_finished(found):
        typer.echo(f"{found.display_name} has ended already: {runs.state_of(found)}.")
        return
    runs.terminate(connection, found.run_id)
    typer.echo(f"{found.display_name} is being stopped.")


def upload_and_tell(connection: "Connection", compiled: Any) -> Any:
    """Uploads a package and says as which version."""
    from kubeflow.client.uploads import upload

    uploaded = upload(connection, compiled)
    what = "Uploaded" if uploaded.new else "Already there"
    typer.echo(f"{what}: pipeline {compiled.name}, version {uploaded.version}")
    return uploaded


def _tell(connection: "Connection", run: Any) -> None:
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
        typer.echo(f"  The logs: {_log_command(connection, run)}")


def _watch(connection: "Connection", run: Any, interval: float) -> None:
    """Prints a line for each change of a node, until the run ends."""
    from kubeflow.client import runs
    from kubeflow.client.tasks import tasks_of

    told: dict[str, str] = {}
    while True:
        for task in tasks_of(run):
            if told.get(task.name) != task.state:
                told[task.name] = task.state
                took = f" {duration(task.seconds)}" if task.state in runs.FINISHED else ""
                reason = f": {task.error}" if task.error else ""
                typer.echo(f"  {datetime.now():%H:%M:%S}  {task.name} {task.state}{took}{reason}")
        if runs.is_finished(run):
            break
        time.sleep(interval)
        run = runs.get(connection, run.run_id)
    _tell(connection, run)
    if runs.state_of(run) != "SUCCEEDED":
        raise typer.Exit(UNSUCCESSFUL)


def _log_command(connection: "Connection", run: Any) -> str:
    namespace = connection.namespace or "kubeflow"
    return f"kubectl logs -n {namespace} -l pipeline/runid={run.run_id} -c main --prefix --tail=50"
