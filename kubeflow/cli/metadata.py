"""The command `medtfx kubeflow metadata`: creates the tables of ML Metadata, and tests them."""

import typer

from pipeline.metadata import connection as metadata_store
from pipeline.metadata.store import count_runs


def prepare_metadata() -> None:
    """Create the tables of ML Metadata in a database, and test the connection.

    $MEDTFX_MLMD names the database; its runs are counted. Where the tables exist, nothing changes.
    """
    address = metadata_store.address()
    runs = count_runs(address)
    typer.echo(f"ML Metadata at {metadata_store.shown(address)} answers. Pipeline runs: {runs}.")
    if warning := metadata_store.warning(address):
        typer.echo(warning)
