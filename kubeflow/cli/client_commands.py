"""Registers the commands that talk to Kubeflow Pipelines. Light to import."""

import typer

from kubeflow.cli import runs as run_commands
from kubeflow.cli import schedules as schedule_commands


def register(app: typer.Typer) -> None:
    """Adds the commands to `medtfx kubeflow`."""
    app.command("submit")(run_commands.submit)
    app.command("runs")(run_commands.list_runs)
    app.command("status")(run_commands.status)
    app.command("terminate")(run_commands.terminate)
    app.command("schedule")(schedule_commands.schedule)
    app.command("schedules")(schedule_commands.list_schedules)
    app.command("pause")(schedule_commands.pause)
    app.command("resume")(schedule_commands.resume)
    app.command("unschedule")(schedule_commands.unschedule)
