"""The command `medtfx kubeflow metadata`: prepares the database of ML Metadata, and tries it."""

import typer

from pipeline.metadata import connection as metadata_store


def prepare_metadata() -> None:
    """Make the tables of ML Metadata in the database that MEDTFX_MLMD names, and count its runs.

    Once, before the first run: nodes that come to an empty database at the same moment make the
    tables against each other, and all but one fail. Harmless later.
    """
    address = metadata_store.address()
    runs = metadata_store.count_runs(address)
    typer.echo(f"ML Metadata at {metadata_store.shown(address)} answers. Pipeline runs: {runs}.")
