"""The commands `medtfx kubeflow ...`. Light to import: each command imports what it needs."""

import typer

from kubeflow.client_commands import register
from kubeflow.compile_command import compile_recipe
from kubeflow.image_command import write_image
from kubeflow.metadata_command import prepare_metadata

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The same pipeline on Kubeflow Pipelines v2: one container a node.",
)
app.command("compile")(compile_recipe)
register(app)
app.command("image")(write_image)
app.command("metadata")(prepare_metadata)
