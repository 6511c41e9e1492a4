"""Work on many files: in this process, or on the workers of an engine."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol


class Work(Protocol):
    """A `beam.DoFn` that writes files, and returns nothing that matters."""

    def setup(self) -> None:
        """Runs once a process."""

    def process(self, item: Any) -> Any:
        """Does one piece of work; a piece that is done again replaces its files."""


def spread(
    work: Work, items: Sequence[Any], make_pipeline: Callable[[], Any], on_engine: bool
) -> None:
    """Processes each item.

    In this process without Beam: its runner for one machine works on one item after the other too,
    and takes half a second before the first.

    Args:
        work: what is done; it can be pickled.
        items: they can be pickled; each is worth a task of an engine.
        make_pipeline: returns a pipeline with the options of Beam.
        on_engine: whether there are such options.
    """
    if not on_engine:
        work.setup()
        for item in items:
            work.process(item)
        return
    import apache_beam as beam

    with make_pipeline() as pipeline:
        _ = (
            pipeline
            | "Items" >> beam.Create(items)
            | "Spread" >> beam.Reshuffle()
            | "Work" >> beam.ParDo(work)
        )
