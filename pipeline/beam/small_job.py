"""One small job before a run, to find an engine whose workers never come.

Such an engine waits for them without end. One that reports no figures while a job runs, as Flink,
can't be told from a busy one then; but where there are workers, a job of one element is soon done.
"""

from collections.abc import Sequence
from typing import Any

from components.runtime.environment import BEAM_PATIENCE
from pipeline.beam.errors import EngineError
from pipeline.beam.settings import patience_minutes


def run_small_job(arguments: Sequence[str]) -> None:
    """Has a worker of the engine do next to nothing.

    Args:
        arguments: Beam's options, with a runner whose jobs are watched.

    Raises:
        EngineError: no worker did it within the minutes of `MEDTFX_BEAM_PATIENCE`, or it failed.
    """
    import apache_beam as beam
    from apache_beam.runners.runner import PipelineState

    pipeline = beam.Pipeline(argv=[*arguments])
    _ = pipeline | "One element" >> beam.Create([0]) | "Try a worker" >> beam.Map(_nothing)
    job = pipeline.run()
    minutes = patience_minutes()
    if not PipelineState.is_terminal(job.wait_until_finish(int(60_000 * minutes))):
        job.cancel()
        raise EngineError(
            f"No worker of Beam's engine has done a small job within {minutes:g} min, so none will "
            "do a long one. Look whether workers start and reach the engine: the logs of the "
            "engine and of the pool, and the firewall between them. More time is allowed by "
            f"{BEAM_PATIENCE}=MINUTES, any by 0."
        )


def _nothing(element: Any) -> Any:
    """Is found by its name: a worker without medtfx fails."""
    return element
