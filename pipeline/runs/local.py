"""Runs a recipe on this machine, from the image folders to the pushed model."""

import contextlib
import fcntl
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from components.image_example_gen.listing import Listing, list_folders
from components.image_example_gen.patients import patient_key
from components.image_example_gen.splits import best_seed, imbalance
from components.recipe.data import SPLITS
from components.recipe.recipe import Recipe
from components.runtime import progress
from components.runtime.errors import DataError, MedtfxError
from components.storage import object_storage as storage
from pipeline.beam.arguments import beam_args
from pipeline.home import Home
from pipeline.paths import PipelinePaths
from pipeline.retraining.decide import local_ledger
from pipeline.retraining.training_data import describe_data
from pipeline.runs.display import Display
from pipeline.runs.records import RunRecord, save, usual_seconds
from pipeline.runs.run_page import keep_page
from pipeline.runs.summary import print_summary

if TYPE_CHECKING:
    from pipeline.runs.runner import NodeRun

# Beyond this a class's share of a split is worth a hint.
_IMBALANCE = 0.35
# ... if another seed makes it at least so much smaller.
_WORTH_A_HINT = 0.7


class RunFailedError(MedtfxError):
    """A node failed for a reason that is no user's mistake, or not known to be one."""


@dataclass(frozen=True)
class RunOptions:
    """What a run may be told beside the recipe.

    Attributes:
        overrides: of the recipe, kept in the record.
        root: where artifacts and models go instead of the home.
        models: where models are pushed instead of `<root>/models`.
        beam_args: for the nodes that run on Beam, as `--runner=FlinkRunner`.
    """

    overrides: tuple[str, ...] = ()
    root: str | None = None
    models: str | None = None
    beam_args: tuple[str, ...] = ()


def run_recipe(
    recipe: Recipe, data_folder: str, home: Home, console: Console, options: RunOptions
) -> RunRecord:
    """Runs the pipeline.

    Args:
        recipe: what to do.
        data_folder: one folder per class.
        home: where everything goes.
        console: for progress and the closing table.
        options: what else was said.

    Raises:
        MedtfxError: what the user can mend.
        RunFailedError: anything else; the traceback is in the log.
    """
    base = data_folder if "://" in data_folder else os.path.abspath(data_folder)
    for name, address in (("--root", options.root), ("--models", options.models)):
        storage.check_address(name, address or "")
    listing = list_folders(base, recipe.data)
    _print_counts(console, recipe, listing)
    seen = describe_data(recipe, base, listing, patient_key(str(home.root)))
    with run_session(home) as (run_id, log, quiet_console):
        record = _run(recipe, base, home, quiet_console or console, run_id, options, log)
        record = keep_page(record, home)
    save(record, home)
    print_summary(console, record)
    ledger = local_ledger(recipe, home, options.root)
    ledger.write(seen, blessed=record.blessed, sentence=record.sentence)
    return record


def _run(
    recipe: Recipe,
    base: str,
    home: Home,
    console: Console,
    run_id: str,
    options: RunOptions,
    log: Path,
) -> RunRecord:
    console.print("Loading TensorFlow and TFX ...", highlight=False)
    from components.network.weights import check_available
    from pipeline.dag.training import build_pipeline
    from pipeline.runs.outcome import summarise

    check_available(recipe.model, recipe.data.image_size)
    places = PipelinePaths.of_home(home, options.root, options.models)
    storage.prepare(places.artifacts, places.models)
    pipeline = build_pipeline(recipe, base, places, beam_args(options.beam_args))
    node_runs = run_nodes(pipeline, run_id, console, usual_seconds(home, recipe.name), log)
    return summarise(recipe, base, run_id, [*options.overrides], node_runs, places.models, str(log))


@contextlib.contextmanager
def run_session(home: Home) -> Iterator[tuple[str, Path, Console | None]]:
    """Begins a run that no other one shares the home with.

    Yields:
        Its id, its log, which takes whatever libraries print, and a console on the real output.

    Raises:
        DataError: another run is at work in this home.
    """
    run_id = datetime.now().strftime("%Y%m%d-%H%M%S")
    home.runs.mkdir(parents=True, exist_ok=True)
    log = home.runs / f"{run_id}.log"
    with _only_run(home), _everything_else_to(log) as console:
        yield run_id, log, console


def run_nodes(
    pipeline: Any,
    run_id: str,
    console: Console,
    usual: Mapping[str, float],
    log: Path,
    connection: Any = None,
) -> "list[NodeRun]":
    """Runs a TFX pipeline and shows how it goes.

    Args:
        pipeline: a `tfx.dsl.Pipeline`.
        run_id: of `run_session`.
        console: for the progress.
        usual: seconds each node took in earlier runs.
        log: named where a node fails without a sentence of its own.
        connection: of ML Metadata, instead of the pipeline's own.

    Raises:
        MedtfxError: what the user can mend.
        RunFailedError: anything else; the traceback is in the log.
    """
    with Display(console, usual) as display:
        return run_watched(pipeline, run_id, display, log, connection)


def run_watched(
    pipeline: Any, run_id: str, display: Display, log: Path, connection: Any = None
) -> "list[NodeRun]":
    """Runs a TFX pipeline and tells a display, which is on already.

    Args:
        pipeline: a `tfx.dsl.Pipeline`.
        run_id: unique among the runs of this pipeline.
        display: told of each node, and of the progress within.
        log: named where a node fails without a sentence of its own.
        connection: of ML Metadata, instead of the pipeline's own.

    Raises:
        MedtfxError: what the user can mend.
        RunFailedError: anything else; the traceback is in the log.
    """
    from pipeline.runs.runner import NodeFailedError, ProgressRunner

    runner = ProgressRunner(run_id, display, connection)
    progress.listen(display.progressed)
    try:
        runner.run(pipeline)
    except NodeFailedError as error:
        traceback.print_exc()
        raise _for_the_user(error, log) from error
    finally:
        progress.listen(None)
    return runner.node_runs


def _for_the_user(error: Exception, log: Path) -> MedtfxError:
    """Finds the sentence for a failed node."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MedtfxError):
            return cause
        if "No space left on device" in str(cause):
            return RunFailedError(
                f"The disk is full: {cause}. Free some space and run the same command again; "
                "finished nodes are kept."
            )
        last, cause = cause, cause.__cause__
    return RunFailedError(f"{error} {type(last).__name__}: {_first_line(last)} The log: {log}")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else ""


def _print_counts(console: Console, recipe: Recipe, listing: Listing) -> None:
    counts = listing.counts()
    title = Text.assemble((recipe.name, "bold"), f": {recipe.summary}")
    console.print(title, soft_wrap=True)
    for label in recipe.data.classes:
        numbers = ", ".join(f"{counts[label][split]} {split}" for split in SPLITS)
        console.print(f"  {label}: {numbers}", highlight=False, markup=False)
    if hint := _split_hint(recipe, listing):
        console.print(f"  {hint}", highlight=False, soft_wrap=True)


def _split_hint(recipe: Recipe, listing: Listing) -> str | None:
    """Names a better seed when a class is far from its shares, and such a seed exists."""
    patients = [(entry.label, entry.patient) for entry in listing.entries]
    found = imbalance(recipe.data, patients, recipe.data.split_seed)
    if found <= _IMBALANCE:
        return None
    seed, score = best_seed(recipe.data, patients)
    if score > found * _WORTH_A_HINT:
        return None
    return (
        f"Some class is {found:.0%} off its shares of the splits; with --set "
        f"data.split_seed={seed} none is more than {score:.0%} off."
    )


@contextlib.contextmanager
def _only_run(home: Home) -> Iterator[None]:
    with open(home.root / "lock", "a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DataError(
                f"Another run is at work in {home.root}. Wait for it, or use another --home."
            ) from None
        yield


@contextlib.contextmanager
def _everything_else_to(log: Path) -> Iterator[Console | None]:
    """Sends what libraries print to the log, and yields a console on the real output.

    TensorFlow writes from C++ too, so the file descriptors themselves are turned.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with open(log, "a", encoding="utf-8") as file, os.fdopen(os.dup(saved[0]), "w") as screen:
        logging.basicConfig(level=logging.INFO, stream=file, force=True)
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield Console(file=screen)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os.dup2(saved[0], 1)
            os.dup2(saved[1], 2)
            for descriptor in saved:
                os.close(descriptor)
            logging.basicConfig(level=logging.WARNING, stream=sys.stderr, force=True)
