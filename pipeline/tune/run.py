"""A search, from the recipe to the tuned recipe.

A trial is judged by the eval split. A test split does not share images with it, but folds judge by
all images: so each trial counts as a look at these (Cawley & Talbot 2010, JMLR 11:2079-2107).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from components.image_example_gen.listing.listing import list_folders
from components.nodes import TUNER
from components.recipe.recipe import Recipe
from components.runtime.errors import RecipeError
from components.runtime.imports import importing
from components.runtime.lean_imports import load_tensorflow
from components.storage import object_storage as storage
from components.storage.listed_once import listed_once
from pipeline.home import Home
from pipeline.looks.ledger import LookLedger
from pipeline.paths import PipelinePaths, data_address
from pipeline.recipes.loader import load_recipe
from pipeline.runs.display import Display
from pipeline.runs.execution import outputs_by_node, run_nodes
from pipeline.runs.records import usual_seconds
from pipeline.runs.session import RunSession, run_session
from pipeline.tune.looks import add_looks, check_looks
from pipeline.tune.space import with_space
from pipeline.tune.trials import read_trials, short, touched, trial_lines
from pipeline.tune.tuned_recipe import write_tuned

if TYPE_CHECKING:
    from components.tuner.result import TrialResult


def tune(
    argument: str,
    overrides: Sequence[str],
    data_folder: str,
    space: Sequence[str],
    trials: int,
    out: Path,
    home: Home,
    console: Console,
    command: str,
) -> None:
    """Searches and writes the tuned recipe.

    Args:
        argument: a recipe's name, or the path of a YAML file.
        overrides: of the recipe.
        data_folder: one folder per class.
        space: `section.key=values` each; without any, the recipe's `tuning.space`.
        trials: how many, including those of an earlier search of the same space.
        out: the recipe file to write.
        home: holds artifacts, metadata and the search.
        console: for progress and the table.
        command: as it was typed, for the comment in the file.

    Raises:
        MedtfxError: an error that the user can fix.
    """
    recipe = with_space(load_recipe(argument, list(overrides)), space)
    texts = recipe.tuning.space
    base = data_address(data_folder)
    with listed_once():
        listing = list_folders(base, recipe.data)
        _check_out(out)
        looks = LookLedger(PipelinePaths.of_home(home).artifacts)
        check_looks(looks, recipe, listing, texts, trials)
        with run_session(home) as session:
            found = _search(recipe, base, texts, trials, home, session)
            add_looks(looks, recipe, listing, texts, found, session.run_id)
    write_tuned(out, argument, overrides, found[0].values, _comment(recipe, found, command))
    _print(console, recipe, found, out)


def _search(
    recipe: Recipe,
    base: str,
    texts: dict[str, str],
    trials: int,
    home: Home,
    session: RunSession,
) -> "list[TrialResult]":
    session.console.print("Loading TensorFlow and TFX ...", highlight=False)
    with importing():
        load_tensorflow()
        from components.network.weights import check_available
        from pipeline.dag.training import build_tuning

    check_available(recipe.model, recipe.data.image_size)
    paths = PipelinePaths.of_home(home)
    storage.prepare(paths.artifacts, paths.models)
    pipeline = build_tuning(recipe, base, paths, texts, trials)
    with Display(session.console, usual_seconds(home, recipe.name)) as display:
        outputs = outputs_by_node(run_nodes(pipeline, session.run_id, display, session.log))
    return read_trials(outputs[TUNER]["tuner_results"][0].uri)


def _check_out(out: Path) -> None:
    if out.suffix not in (".yaml", ".yml"):
        raise RecipeError(f"--out takes the name of a .yaml file. Received: {str(out)!r}")
    if not out.absolute().parent.is_dir():
        raise RecipeError(f"--out: there is no folder {str(out.absolute().parent)!r}. Create it.")


def _comment(recipe: Recipe, trials: "list[TrialResult]", command: str) -> list[str]:
    best = trials[0]
    return [
        f"Tuned from {recipe.name}: {len(trials)} trials, best balanced accuracy on the eval split "
        f"{best.score:.3f} (trial {best.number}).",
        *(f"  {key}: {short(value)}" for key, value in best.values.items()),
        f"By: {command}",
    ]


def _print(console: Console, recipe: Recipe, trials: "list[TrialResult]", out: Path) -> None:
    console.print()
    console.print("Balanced accuracy on the eval split, best trials first:", highlight=False)
    for line in trial_lines(trials):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print(
        f"Wrote {out}. The best of many trials is partly luck, so these figures are too good. "
        f"{touched(recipe)} Next: medtfx run {out} --data ..., or medtfx compare.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
