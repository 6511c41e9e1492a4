"""A whole comparison, from the recipes to the page."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from components.image_example_gen.listing.listing import Listing, list_folders
from components.runtime.errors import DataError
from components.runtime.imports import importing
from components.runtime.lean_imports import load_tensorflow
from components.storage import object_storage as storage
from components.storage.listed_once import listed_once
from pipeline.compare.candidates import Candidate, check_same_images, load_candidates
from pipeline.compare.criterion import Criterion, parse_criterion
from pipeline.home import Home
from pipeline.looks.ledger import JudgingImages, LookLedger, all_images, judging_images
from pipeline.paths import PipelinePaths, data_address
from pipeline.retraining.training_data import model_digest
from pipeline.runs.session import RunSession, run_session

if TYPE_CHECKING:
    from pipeline.compare.results import Comparison
    from pipeline.compare.trainings import Trainings

FOLDER = "comparisons"
PREDICTIONS, CSV, JSON, PAGE = "predictions.csv", "comparison.csv", "comparison.json", "index.html"


@dataclass(frozen=True)
class CompareOptions:
    """What the command line adds to recipes and data.

    Attributes:
        folds: 0 for the first recipe's own splits.
        by: criterion, as `criterion.parse_criterion` takes it.
        against: `best` or `first`.
        overrides: of every recipe.
        out: folder for the results; None for one of its own in the home.
    """

    folds: int = 0
    by: str = "balanced_accuracy"
    against: str = "best"
    overrides: tuple[str, ...] = ()
    out: Path | None = None


def compare(
    recipes: Sequence[str], data_folder: str, home: Home, console: Console, options: CompareOptions
) -> bool:
    """Compares recipes and returns whether all of them could be trained.

    Args:
        recipes: names, or paths of YAML files.
        data_folder: one folder per class.
        home: holds artifacts, metadata and the cache.
        console: for the plan, before the session has its own.
        options: of the command line.

    Raises:
        MedtfxError: an error that the user can fix.
    """
    base = data_address(data_folder)
    candidates = load_candidates(recipes, options.overrides)
    criterion = parse_criterion(options.by, candidates[0].recipe.data.classes)
    with listed_once():
        listing = check_same_images(candidates, base, options.folds)
        _print_plan(console, candidates, listing, options.folds)
        looks = LookLedger(PipelinePaths.of_home(home).artifacts)
        tested, models = _tested(candidates, base, options.folds, listing)
        limits = [candidate.recipe.evaluation.max_looks for candidate in candidates]
        looks.check(tested, models.values(), min(filter(None, limits), default=None))
        with run_session(home) as session:
            trainings = _train(candidates, base, home, options.folds, session)
            for outcome in trainings.outcomes:
                if not outcome.failure:
                    name = outcome.candidate.name
                    looks.add(tested, models[name], recipe=name, by="compare", run=session.run_id)
            facts = {
                "data_folder": base,
                "data_fingerprint": listing.fingerprint,
                "began": f"{datetime.strptime(session.run_id, '%Y%m%d-%H%M%S'):%Y-%m-%d %H:%M}",
            }
            out = options.out or home.root / FOLDER / session.run_id
            _report(trainings, criterion, options, facts, session.console, out)
    return not any(outcome.failure for outcome in trainings.outcomes)


def _tested(
    candidates: list[Candidate], base: str, folds: int, listing: Listing
) -> tuple[JudgingImages, dict[str, str]]:
    """Returns the images that judge in the comparison, and recipe → digest of its models.

    In folds these are all, and so those of the first recipe's test split too, if it can have one.
    """
    tested = judging_images(listing)
    if folds:
        tested = all_images(listing)
        with contextlib.suppress(DataError):
            listing = list_folders(base, candidates[0].recipe.data)
            tested = judging_images(listing, folds=True)
    trained = f"{folds} folds" if folds else ""
    return tested, {one.name: model_digest(one.recipe, listing, trained) for one in candidates}


def _train(
    candidates: list[Candidate],
    base: str,
    home: Home,
    folds: int,
    session: RunSession,
) -> "Trainings":
    session.console.print("Loading TensorFlow and TFX ...", highlight=False)
    with importing():
        load_tensorflow()
        from pipeline.compare.display import TrainingsDisplay
        from pipeline.compare.trainings import Trainings

    paths = PipelinePaths.of_home(home)
    storage.prepare(paths.artifacts, paths.models)
    trainings = Trainings(candidates, base, paths, folds, session)
    display = TrainingsDisplay(session.console, len(candidates) * max(1, folds))
    with display:
        trainings.run(display)
    return trainings


def _report(
    trainings: "Trainings",
    criterion: Criterion,
    options: CompareOptions,
    facts: dict[str, str],
    console: Console,
    out: Path,
) -> None:
    from pipeline.compare.results import judge
    from pipeline.compare.tables import print_tables

    found = judge(
        trainings.outcomes, trainings.shortcuts, criterion, options.against, options.folds, facts
    )
    _write(out, found)
    print_tables(console, found)
    for name in (PAGE, CSV, JSON, PREDICTIONS):
        console.print(f"  {out / name}", highlight=False, markup=False, soft_wrap=True)


def _write(out: Path, comparison: "Comparison") -> None:
    from pipeline.compare.page import write_page
    from pipeline.compare.predictions import save_predictions
    from pipeline.compare.results import SHORTCUTS, save_csv, save_json

    out.mkdir(parents=True, exist_ok=True)
    predictions = [(row.name, row.predictions) for row in comparison.rows]
    predictions.append((SHORTCUTS, comparison.shortcuts))
    save_predictions(out / PREDICTIONS, comparison.classes, predictions)
    save_csv(out / CSV, comparison)
    save_json(out / JSON, comparison)
    write_page(out / PAGE, comparison)


def _print_plan(
    console: Console, candidates: list[Candidate], listing: Listing, folds: int
) -> None:
    names = ", ".join(candidate.name for candidate in candidates)
    where = f"{folds} folds by patient" if folds else f"the splits of {candidates[0].name}"
    console.print(f"{names} on {where}", highlight=False, markup=False, soft_wrap=True)
    for label in candidates[0].recipe.data.classes:
        of_class = [entry for entry in listing.entries if entry.label == label]
        patients = len({entry.patient for entry in of_class})
        line = f"  {label}: {len(of_class)} images of {patients} patients"
        console.print(line, highlight=False, markup=False)
