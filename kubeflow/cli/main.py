"""The commands `medtfx kubeflow ...`. Light to import: each command imports what it needs."""

import typer

from kubeflow.cli.client_commands import register
from kubeflow.cli.compile import compile_recipe
from kubeflow.cli.image import write_image
from kubeflow.cli.metadata import prepare_metadata

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The same pipeline on Kubeflow Pipelines v2: one container a node.",
)
app.command("compile")(compile_recipe)
register(app)
app.command("image")(write_image)
app.command("metadata")(prepare_metadata)
