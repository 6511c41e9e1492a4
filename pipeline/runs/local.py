"""Runs a recipe on this machine, from the image folders to the pushed model."""

from dataclasses import dataclass, replace

from rich.console import Console
from rich.text import Text

from components.image_example_gen.listing.listing import Listing, list_folders
from components.image_example_gen.listing.splits import best_seed, imbalance
from components.recipe.data import SPLITS
from components.recipe.recipe import Recipe
from components.runtime.imports import importing
from components.runtime.lean_imports import load_tensorflow
from components.storage import object_storage as storage
from components.storage.listed_once import listed_once
from components.storage.patient_key import patient_key
from components.storage.private import private_files
from pipeline.beam.arguments import beam_args
from pipeline.home import Home
from pipeline.looks.ledger import LookLedger, look_sentence
from pipeline.paths import PipelinePaths, data_address
from pipeline.plan.plan import check_floors, plan, remarks
from pipeline.retraining.decide import decide
from pipeline.retraining.ledger import Ledger
from pipeline.retraining.reasons import Reasons
from pipeline.retraining.training_data import TrainingData, describe_data
from pipeline.runs.display import Display
from pipeline.runs.execution import run_nodes
from pipeline.runs.records import RunRecord, save, usual_seconds
from pipeline.runs.run_page import keep_page
from pipeline.runs.session import RunSession, run_session
from pipeline.runs.summary import print_summary

# A hint is printed if a class's share of a split differs by more than this from the recipe's share,
_IMBALANCE = 0.35
# ... and another seed reduces the difference at least to this part of it.
_WORTH_A_HINT = 0.7


@dataclass(frozen=True)
class RunOptions:
    """What the command line adds to the recipe.

    Attributes:
        overrides: of the recipe, kept in the record.
        root: where artifacts and models go, instead of the home.
        models: where models are pushed, instead of `<root>/models`.
        beam_args: for the nodes that run on Beam, e.g. `--runner=FlinkRunner`.
        if_new: train only if there is enough new data, see the recipe's section `retraining`.
        reason: why a program starts the run, for the lineage; ''.
        recipe_file: of the recipe, kept in the record; '' for one that comes with medtfx.
    """

    overrides: tuple[str, ...] = ()
    root: str | None = None
    models: str | None = None
    beam_args: tuple[str, ...] = ()
    if_new: bool = False
    reason: str = ""
    recipe_file: str = ""


@private_files()
def run_recipe(
    recipe: Recipe, data_folder: str, home: Home, console: Console, options: RunOptions
) -> RunRecord | None:
    """Runs the pipeline.

    Args:
        recipe: with the overrides applied.
        data_folder: one folder per class.
        home: folder of everything that medtfx makes on this machine.
        console: for progress and summary.
        options: of the command line.

    Returns:
        The record; None if `options.if_new` is set and there is not enough new data.

    Raises:
        MedtfxError: an error that the user can fix.
        RunFailedError: any other error; the traceback is in the log.
    """
    base = data_address(data_folder)
    for name, address in (("--root", options.root), ("--models", options.models)):
        storage.check_address(name, address or "")
    with listed_once():
        listing = list_folders(base, recipe.data)
        paths = PipelinePaths.of_home(home, options.root, options.models)
        seen = describe_data(recipe, listing, patient_key(paths.keys))
        ledger = Ledger(paths.pipeline_root(recipe.name))
        if options.if_new:
            decision = decide(recipe.retraining, seen, ledger)
            console.print(decision.sentence, highlight=False, markup=False, soft_wrap=True)
            if not decision.train:
                return None
        _print_counts(console, recipe, listing)
        prospects = plan(recipe, listing)
        for line in remarks(recipe, prospects):
            console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
        check_floors(recipe, prospects)
        LookLedger(paths.artifacts).check(seen.tested, [seen.model], recipe.evaluation.max_looks)
        with run_session(home) as session:
            record = _run(recipe, base, home, paths, session, options, seen)
    save(record, home)
    print_summary(console, record)
    ledger.write(seen, blessed=record.blessed, sentence=record.sentence)
    return record


def _run(
    recipe: Recipe,
    base: str,
    home: Home,
    paths: PipelinePaths,
    session: RunSession,
    options: RunOptions,
    seen: TrainingData,
) -> RunRecord:
    session.console.print("Loading TensorFlow and TFX ...", highlight=False)
    with importing():
        load_tensorflow()
        from components.network.weights import check_available
        from pipeline.dag.training import build_pipeline
        from pipeline.runs.outcome import summarise

    check_available(recipe.model, recipe.data.image_size)
    storage.prepare(paths.artifacts, paths.models)
    if options.reason:
        Reasons(paths.artifacts).add(session.run_id, options.reason)
    if options.beam_args:
        session.console.print("Trying Beam's engine ...", highlight=False)
    pipeline = build_pipeline(recipe, base, paths, beam_args(options.beam_args))
    with Display(session.console, usual_seconds(home, recipe.name)) as display:
        node_runs = run_nodes(pipeline, session.run_id, display, session.log)
    record = summarise(
        recipe, base, session.run_id, [*options.overrides], node_runs, paths.models,
        str(session.log),
    )  # fmt: skip
    number = LookLedger(paths.artifacts).add(
        seen.tested, seen.model, recipe=recipe.name, by="run", run=session.run_id
    )
    said = f"{record.sentence} {look_sentence(number, seen.tested)}"
    return keep_page(replace(record, sentence=said, recipe_file=options.recipe_file), home)


# === What is printed before the first node ===


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
    """Names a better seed, if there is one and a class is far from its shares of the splits."""
    if recipe.data.folder_splits == "use":
        return None
    patients = [(entry.label, entry.patient) for entry in listing.entries]
    found = imbalance(recipe.data, patients, recipe.data.split_seed)
    if found <= _IMBALANCE:
        return None
    seed, score = best_seed(recipe.data, patients)
    if score > found * _WORTH_A_HINT:
        return None
    return (
        f"One class differs by {found:.0%} from its shares of the splits; with --set "
        f"data.split_seed={seed} no class differs by more than {score:.0%}."
    )
