"""What an alarm starts: a training like the one that made the model, with the reason on record."""

from rich.console import Console

from pipeline.home import Home
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.outputs.outcome import Outcome
from pipeline.recipes.loader import load_recipe, own_file
from pipeline.runs.local import RunOptions, run_recipe
from pipeline.runs.records import RunRecord, load_all


def retrain(
    outcome: Outcome, home: Home, recipe: str | None, data: str | None, console: Console
) -> RunRecord | None:
    """Trains on this machine if enough is new: the same images would give the same model.

    Args:
        outcome: with an alarm.
        home: that the model was pushed from.
        recipe: name or file; None for the recipe, with its overrides, of the run that pushed it.
        data: folder of the images; None for that of the same run.
        console: for progress and summary.

    Returns:
        The record of the run; None if there is not enough new data.

    Raises:
        MonitorError: the run that pushed the version is not known here.
        MedtfxError: an error that the user can fix.
    """
    made = None if recipe and data else _run_of(outcome, home)
    overrides = () if recipe or made is None else tuple(made.overrides)
    named = recipe or (made.recipe_file or made.recipe if made else "")
    values = load_recipe(named, list(overrides))
    folder = data or (made.data_folder if made else "")
    options = RunOptions(overrides, if_new=True, reason=outcome.reason, recipe_file=own_file(named))
    return run_recipe(values, folder, home, console, options)


def _run_of(outcome: Outcome, home: Home) -> RunRecord:
    """Returns the record of the run that pushed a version."""
    for record in reversed(load_all(home)):
        if (record.model, record.version) == (outcome.model, outcome.version):
            return record
    raise MonitorError(
        f"To train again, the recipe and the images are those of the run that pushed a version. "
        f"{home.runs} has no run of {outcome.title}. Name both with --recipe and --data."
    )
