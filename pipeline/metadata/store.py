"""Opens ML Metadata, also when several processes do so for the first time at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipeline.metadata.connection import MetadataError, connection, shown

# Where another process is making the tables: ML Metadata's own words, and MySQL's.
_RACES = ("concurrent connection to the empty database", "Deadlock found when trying to get lock")
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 0.5


def make_tables(address: str) -> None:
    """Makes the tables of ML Metadata where there are none.

    Of several processes that open an empty database at once, all but one fail; here they wait for
    that one.

    Args:
        address: see `connection`.

    Raises:
        MetadataError: it can't be reached, or the login is refused.
    """
    with open_store(address):
        pass


def count_runs(address: str) -> int:
    """Connects, which makes missing tables, and returns the number of pipeline runs.

    Raises:
        MetadataError: it can't be reached, or the login is refused.
    """
    with open_store(address) as store:
        return len(store.get_contexts_by_type("pipeline_run"))


def properties_of_run(address: str, run_id: str) -> list[dict[str, str]]:
    """Returns the custom properties that are texts of each execution of a run, oldest first.

    Args:
        address: see `connection`.
        run_id: name of the pipeline run; the list is empty if there is none.

    Raises:
        MetadataError: it can't be reached, or the login is refused.
    """
    with open_store(address) as store:
        context = store.get_context_by_type_and_name("pipeline_run", run_id)
        executions = store.get_executions_by_context(context.id) if context else []
    return [
        {name: value.string_value for name, value in execution.custom_properties.items()}
        for execution in sorted(executions, key=lambda one: one.id)
    ]


@contextmanager
def open_store(address: str) -> Iterator[Any]:
    """Yields the `MetadataStore`; errors in the block become a sentence without the password.

    Raises:
        MetadataError: it can't be reached, or the login is refused.
    """
    import ml_metadata

    try:
        yield _opened(address)
    # A refused login is a RuntimeError.
    except (ml_metadata.errors.StatusError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise MetadataError(f"ML Metadata at {shown(address)} can't be used: {first}") from error


def _opened(address: str) -> Any:
    import ml_metadata

    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ml_metadata.MetadataStore(connection(address))
        except RuntimeError as error:
            race = any(words in str(error) for words in _RACES)
            if not race or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
