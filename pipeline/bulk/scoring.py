"""Scores a folder by a TFX pipeline, for data sets that are too large for one machine.

    image folder → ImageExampleGen (unlabelled) ──┐
                                                  ├─→ BulkInferrer → CSV
    pushed model → Importer ──────────────────────┘

The nodes run on Beam, whose runner decides how far the work is spread: one process, all cores, or
a cluster. Both are cached: the same images and the same model cost little the second time.
"""

import time
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from components.runtime.errors import MedtfxError
from components.storage import object_storage as storage
from pipeline.beam.arguments import beam_args
from pipeline.bulk import results
from pipeline.bulk.model import BulkModel, newest_version, stage_model
from pipeline.bulk.request import BulkRun
from pipeline.dag.bulk import build_bulk_pipeline, bulk_pipeline
from pipeline.home import Home
from pipeline.paths import PipelinePaths
from pipeline.runs.display import Display
from pipeline.runs.execution import outputs_by_node, run_nodes
from pipeline.runs.session import RunSession
from serving.score.origin import Origin
from serving.score.summary import Summary
from serving.score.table import write_table


def score_in_bulk(run: BulkRun, home: Home, session: RunSession) -> tuple[Summary, Counter[str]]:
    """Runs the pipeline and writes the CSV: the old one stays until the new one is complete.

    Args:
        run: what to score.
        home: holds ML Metadata and, by default, the artifacts.
        session: of the run.

    Returns:
        The counts, and suffix → number of files that are no image.

    Raises:
        MedtfxError: an error that the user can fix.
        RunFailedError: any other error; the traceback is in the log.
    """
    started = time.monotonic()
    paths = PipelinePaths.of_home(home, run.root, run.models)
    storage.prepare(paths.artifacts, paths.models)
    model = _stage(run, paths)
    if run.beam_args:
        session.console.print("Trying Beam's engine ...", highlight=False)
    pipeline = build_bulk_pipeline(
        run.folder, model.uri, model.name, model.data, paths, beam_args(run.beam_args)
    )
    with Display(session.console) as display:
        nodes = run_nodes(pipeline, session.run_id, display, session.log)
    return _write(outputs_by_node(nodes), model, run.out, started)


def _stage(run: BulkRun, paths: PipelinePaths) -> BulkModel:
    folder = f"{paths.models}/{run.model}"
    version = newest_version(folder) if run.version is None else run.version
    root = paths.pipeline_root(bulk_pipeline(run.model))
    return stage_model(f"{folder}/{version}", run.model, version, root)


def _write(
    outputs: Any, model: BulkModel, out: Path, started: float
) -> tuple[Summary, Counter[str]]:
    """Writes the CSV in the order of the files; memory holds a row for each image, 300 bytes."""
    (listed,) = outputs["ImageExampleGen"]["quarantine"]
    (inferred,) = outputs["BulkInferrer"]["inference_result"]
    refused = results.quarantined(listed.uri)
    rows = sorted(
        chain(results.predicted_rows(inferred.uri, model), results.unreadable_rows(refused)),
        key=lambda row: row.file,
    )
    expected = sum(
        listed.properties[name].int_value for name in ("images_read", "images_unreadable")
    )
    if len(rows) != expected:
        raise MedtfxError(
            f"{expected} images were listed, but {len(rows)} have a result, in {inferred.uri} and "
            f"{listed.uri}. Remove these two folders and run the same command again."
        )
    origin = Origin(model.name, model.version, tuple(model.data.classes))
    write_table(out, origin, rows)
    summary = Summary(origin, len(rows), started)
    summary.count_scored(rows)
    return summary, results.left_out(refused)
