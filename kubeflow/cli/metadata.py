"""The command `medtfx kubeflow metadata`: prepares the database of ML Metadata, and tries it."""

import typer

from kubeflow.errors import KubeflowError
from pipeline.metadata import connection as metadata_store


def prepare_metadata() -> None:
    """Make the tables of ML Metadata in the database that MEDTFX_MLMD names, and count its runs.

    Once, before the first run: nodes that come to an empty database at the same moment make the
    tables against each other, and all but one fail. Harmless later.
    """
    address = metadata_store.address()
    runs = count_runs(address)
    typer.echo(f"ML Metadata at {metadata_store.shown(address)} answers. Pipeline runs: {runs}.")


def count_runs(address: str) -> int:
    """Connects, which makes missing tables, and returns how many pipeline runs are known.

    Args:
        address: see `pipeline.metadata.connection`.

    Raises:
        KubeflowError: nobody answers there, or the login is refused; the message has no password.
    """
    import ml_metadata

    try:
        store = ml_metadata.MetadataStore(metadata_store.connection(address))
        return len(store.get_contexts_by_type("pipeline_run"))
    # It tells a refused login by the second.
    except (ml_metadata.errors.StatusError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise KubeflowError(
            f"ML Metadata at {metadata_store.shown(address)} can't be used: {first}"
        ) from error
