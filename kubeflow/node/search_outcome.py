"""What the last task of a search logs and records: the best values, and the looks of its trials."""

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from kubeflow.node.task import log

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from components.tuner.result import TrialResult
    from pipeline.runs.runner import NodeRun


def close_search(
    given: argparse.Namespace, recipe: "Recipe", run: "NodeRun", connection: Any
) -> None:
    """Logs the best trials, publishes the values of the best, and records who looked.

    Args:
        given: arguments of the task.
        recipe: of the run.
        run: the Tuner's.
        connection: configuration of ML Metadata.
    """
    from tfx.orchestration import metadata

    from components.image_example_gen.listing.listing import list_folders
    from kubeflow.node.ledger import look_ledger
    from kubeflow.node.publish import publish
    from kubeflow.results import SEARCHED, Result
    from pipeline.tune.looks import add_looks
    from pipeline.tune.trials import read_trials, touched, trial_lines

    trials = read_trials(run.outputs["tuner_results"][0].uri)
    log.info("Balanced accuracy on the eval split, best trials first:")
    for line in trial_lines(trials):
        log.info("%s", line)
    log.info("The best of many trials is partly luck. %s", touched(recipe))
    listing = list_folders(given.data, recipe.data)
    ledger = look_ledger(given.root)
    add_looks(ledger, recipe, listing, recipe.tuning.space, trials, given.run_id)
    with metadata.Metadata(connection) as handle:
        found = {Result.BEST: best_values(trials[0]), Result.OUTCOME: SEARCHED}
        publish(handle.store, run.execution_id, found)


def best_values(trial: "TrialResult") -> str:
    """Returns the number, score and values of a trial, these as options of a command."""
    words = []
    for key, value in trial.values.items():
        shown = f"{value:.6g}" if isinstance(value, float) else value
        words += ["--set", f"{key}={shown}"]
    return (
        f"trial {trial.number}, balanced accuracy {trial.score:.3f} on the eval split: "
        f"{shlex.join(words)}"
    )
