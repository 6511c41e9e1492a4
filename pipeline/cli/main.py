"""The command line `medtfx`: the table of its commands, and the entry point."""

import os
import sys
import warnings
from typing import Any, NoReturn

import typer

from components.runtime.errors import MedtfxError
from components.runtime.exit_codes import ExitCode
from components.storage.object_storage import clean_exit
from components.storage.private import private_files
from pipeline.cli.loading import PLAIN, LazyGroup, Table

KUBEFLOW: Table = {
    "compile": "kubeflow.cli.compile:compile_recipe",
    "submit": "kubeflow.cli.runs:submit",
    "runs": "kubeflow.cli.runs:list_runs",
    "status": "kubeflow.cli.runs:status",
    "terminate": "kubeflow.cli.runs:terminate",
    "schedule": "kubeflow.cli.schedules:schedule",
    "schedules": "kubeflow.cli.schedules:list_schedules",
    "pause": "kubeflow.cli.schedules:pause",
    "resume": "kubeflow.cli.schedules:resume",
    "unschedule": "kubeflow.cli.schedules:unschedule",
    "image": "kubeflow.cli.image:write_image",
    "metadata": "kubeflow.cli.metadata:prepare_metadata",
}


class KubeflowGroup(LazyGroup):
    """The commands `medtfx kubeflow ...`."""

    table = KUBEFLOW


kubeflow = typer.Typer(cls=KubeflowGroup, no_args_is_help=True, **PLAIN)

# Heading in the help → its commands.
HEADINGS: dict[str, Table] = {
    "Train and judge": {
        "run": "pipeline.cli.train:run",
        "plan": "pipeline.cli.plan:plan",
        "tune": "pipeline.cli.train:tune",
        "compare": "pipeline.cli.train:compare",
        "evaluate": "pipeline.cli.evaluate:evaluate",
        "recipes": "pipeline.cli.recipes:recipes",
        "show": "pipeline.cli.recipes:show",
        "sample-data": "pipeline.cli.recipes:sample_data",
    },
    "Past runs": {
        "runs": "pipeline.cli.runs:runs",
        "report": "pipeline.cli.runs:report",
        "dashboard": "pipeline.cli.runs:dashboard",
        "tensorboard": "pipeline.cli.tensorboard:tensorboard",
        "lineage": "pipeline.cli.lineage:lineage",
        "approve": "pipeline.cli.lineage:approve",
        "reject": "pipeline.cli.lineage:reject",
    },
    "Versions": {
        "versions": "pipeline.cli.versions:versions",
        "verify-model": "pipeline.cli.versions:verify_model",
        "promote": "pipeline.cli.promotion:promote",
        "canary": "pipeline.cli.promotion:canary",
        "rollback": "pipeline.cli.promotion:rollback",
        "promotions": "pipeline.cli.promotion:promotions",
    },
    "Use a model": {
        "serve": "pipeline.cli.serve:serve",
        "serving-config": "pipeline.cli.serving_config:serving_config",
        "app": "pipeline.cli.app:app",
        "predict": "pipeline.cli.predict:predict",
        "score": "pipeline.cli.score:score",
        "bulk-score": "pipeline.cli.bulk_score:bulk_score",
        "monitor": "pipeline.cli.monitor:monitor",
    },
    "PACS": {
        "dicom-fetch": "pipeline.cli.dicom_fetch:dicom_fetch",
        "dicom-node": "pipeline.cli.dicom_node:dicom_node",
    },
    "Other": {
        "kubeflow": kubeflow,
        "version": "pipeline.cli.version:version",
    },
}


# What these write holds no image and no patient, and is read by other users: those of servers, and
# of containers.
_FOR_OTHERS = ("serving-config", "kubeflow")


class MedtfxGroup(LazyGroup):
    """All commands. An error that a user can fix becomes one message, never a traceback."""

    table = {name: where for table in HEADINGS.values() for name, where in table.items()}

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Writes the commands below their headings."""
        width = formatter.width - 6 - max(map(len, self.table))
        for heading, table in HEADINGS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, self.commands[name].get_short_help_str(width)) for name in table]
                )

    def main(self, *args: Any, **settings: Any) -> Any:
        """Runs a command line, as typer does."""
        try:
            return super().main(*args, **settings)
        except MedtfxError as error:
            _fail(str(error))
        except OSError as error:
            _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")


app = typer.Typer(name="medtfx", cls=MedtfxGroup, no_args_is_help=True, **PLAIN)


@app.callback()
def _medtfx(context: typer.Context) -> None:
    """Train, check and serve classifiers of medical images.

    Folders of images go in; a model that passed a gate on recall comes out and is served. Not a
    medical device: for research, not for diagnosis.
    """
    if context.invoked_subcommand not in _FOR_OTHERS:
        context.with_resource(private_files())


@kubeflow.callback()
def _kubeflow() -> None:
    """Run the pipeline on Kubeflow Pipelines v2.

    The same pipeline, one container per node.
    """


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    sys.exit(ExitCode.FAILED)


@clean_exit()
def main() -> None:
    """Entry point of the command `medtfx`."""
    # The log of TensorFlow's and gRPC's C++ and the warnings of Google's libraries do not help a
    # user.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    warnings.filterwarnings("ignore", category=FutureWarning, module="google")
    app(prog_name="medtfx")
