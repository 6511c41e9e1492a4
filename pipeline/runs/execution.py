"""Runs the nodes of a pipeline under a display, and finds the sentence for a node that failed."""

import re
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.runtime import progress
from components.runtime.errors import MedtfxError, first_line
from pipeline.runs.display import Display

if TYPE_CHECKING:
    from pipeline.runs.runner import NodeRun


class RunFailedError(MedtfxError):
    """A node failed, and no known mistake of the user explains it."""


def run_nodes(
    pipeline: Any, run_id: str, display: Display, log: Path, connection: Any = None
) -> "list[NodeRun]":
    """Runs a TFX pipeline.

    Args:
        pipeline: a `tfx.dsl.Pipeline`.
        run_id: unique among the runs of this pipeline.
        display: shows each node, and the progress within it; it has been entered.
        log: named in the error where no sentence explains it.
        connection: of ML Metadata, instead of the pipeline's own.

    Raises:
        MedtfxError: an error that the user can fix.
        RunFailedError: any other error; the traceback is in the log.
    """
    from pipeline.runs.runner import NodeFailedError, ProgressRunner

    runner = ProgressRunner(run_id, display, connection)
    progress.listen(display.progressed)
    try:
        runner.run(pipeline)
    except NodeFailedError as error:
        traceback.print_exc()
        raise explain(error, log) from error
    finally:
        progress.listen(None)
    return runner.node_runs


def outputs_by_node(node_runs: "Iterable[NodeRun]") -> dict[str, Mapping[str, list[Any]]]:
    """Returns node → output key → artifacts as ML Metadata holds them."""
    return {run.record.node: run.outputs for run in node_runs}


def explain(error: Exception, log: Path) -> MedtfxError:
    """Returns the error for the user: the cause if it is a known one, else node, cause and log."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MedtfxError):
            return cause
        # of the operating system, and of the SQLite file of ML Metadata
        if re.search("No space left on device|database or disk is full", str(cause)):
            return RunFailedError(
                f"The disk of {log.parent}, or of another folder of the run, is full. Free some "
                f"space and run the same command again; finished nodes are kept. The log: {log}"
            )
        last, cause = cause, cause.__cause__
    return RunFailedError(f"{error} {type(last).__name__}: {first_line(last)} The log: {log}")
