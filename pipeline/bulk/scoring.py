"""Scores a folder by a TFX pipeline, for sets that are too large for one machine.

    image folder → ImageExampleGen (unlabelled) ──┐
                                                  ├─→ BulkInferrer → CSV
    pushed model → Importer ──────────────────────┘

The nodes with work are Beam's, so its runner decides how far it goes: one process, all cores, or a
cluster. Both are cached: the same images and the same model cost little the second time.
"""

import time
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console

from components.runtime.errors import MedtfxError
from components.storage import object_storage as storage
from pipeline.beam.arguments import beam_args
from pipeline.bulk import results
from pipeline.bulk.model import BulkModel, newest_version, stage_model
from pipeline.bulk.request import BulkRun
from pipeline.dag.bulk import build_bulk_pipeline
from pipeline.home import Home
from pipeline.paths import PipelinePaths
from pipeline.runs.local import run_nodes
from serving.score.origin import Origin
from serving.score.summary import Summary
from serving.score.table import write_table


def score_in_bulk(
    run: BulkRun, home: Home, run_id: str, console: Console, log: Path
) -> tuple[Summary, Counter[str]]:
    """Runs the pipeline and writes the CSV: the old one stays until the new one is whole.

    Args:
        run: what to score.
        home: keeps ML Metadata and, unless told otherwise, the artifacts.
        run_id: unique; the pipeline run is filed under it in ML Metadata.
        console: for the progress.
        log: named where a node fails without a sentence of its own.

    Returns:
        The counts, and suffix → number of files that are no image.

    Raises:
        MedtfxError: what the user can mend.
        RunFailedError: anything else; the traceback is in the log.
    """
    started = time.monotonic()
    places = PipelinePaths.of_home(home, run.root, run.models)
    storage.prepare(places.artifacts, places.models)
    model = _stage(run, places)
    pipeline = build_bulk_pipeline(
        run.folder, model.uri, model.name, model.data, places, beam_args(run.beam_args)
    )
    nodes = run_nodes(pipeline, run_id, console, {}, log)
    outputs = {node.record.node: node.outputs for node in nodes}
    return _write(outputs, model, run.out, started)


def _stage(run: BulkRun, places: PipelinePaths) -> BulkModel:
    folder = f"{places.models}/{run.model}"
    version = newest_version(folder) if run.version is None else run.version
    return stage_model(f"{folder}/{version}", run.model, version, places.artifacts)


def _write(
    outputs: Any, model: BulkModel, out: Path, started: float
) -> tuple[Summary, Counter[str]]:
    """Writes the CSV in the order of the files.

    A row is held for each image, about 300 bytes; the images themselves stay where they are.
    """
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
