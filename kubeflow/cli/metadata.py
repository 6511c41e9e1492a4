"""The command `medtfx kubeflow metadata`: creates the tables of ML Metadata, and tests them."""

import typer

from pipeline.metadata import connection as metadata_store


def prepare_metadata() -> None:
    """Create the tables of ML Metadata in a database.

    $MEDTFX_MLMD names the database; its runs are counted. Call it once, before the first run: of
    several nodes that start at the same time on an empty database, all but one fail. Later calls
    change nothing.
    """
    address = metadata_store.address()
    runs = metadata_store.count_runs(address)
    typer.echo(f"ML Metadata at {metadata_store.shown(address)} answers. Pipeline runs: {runs}.")
