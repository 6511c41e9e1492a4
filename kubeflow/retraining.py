"""The first task of a compiled package: decides whether enough is new to train.

    python -m kubeflow.retraining --if-new true --train FILE --recipe ENCODED --data /data ...

All nodes wait for its output `train`, `yes` or `no`; after `no` they are skipped and the run is
green. It needs no TensorFlow. It records which data the training will see; the last node confirms
that record.
"""

import argparse
import sys
import time
from typing import TYPE_CHECKING

from components.nodes import RETRAINING
from kubeflow.node.task import begin, log, run_task, task_parser, write_output

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from pipeline.retraining.decide import Decision


def main(arguments: list[str] | None = None) -> int:
    """Decides and returns the exit code: 0 for either decision, 1 for an error."""
    parser = task_parser("kubeflow.retraining", __doc__)
    parser.add_argument("--if-new", choices=("true", "false"), default="false")
    parser.add_argument("--reason", default="", help="why the run was started, for the lineage")
    parser.add_argument(
        "--after-alarm", action="store_true", help="train only if the monitor gives a reason"
    )
    parser.add_argument("--train", required=True, help="file for yes or no")
    parser.add_argument("--decision", required=True, help="file for the reason, in Markdown")
    return run_task(_run, parser.parse_args(arguments))


def _run(given: argparse.Namespace) -> int:
    from components.storage import object_storage as storage
    from kubeflow.results import Result, result_line
    from kubeflow.texts import NO, YES, markdown

    started = time.monotonic()
    recipe = begin(RETRAINING, given)
    for parameter in ("root", "models"):
        storage.check_address(f"The parameter `{parameter}`", getattr(given, parameter))
    decision = _decide(given, recipe)
    log.info("%s", result_line(Result.DECISION, decision.sentence))
    write_output(given.decision, f"{markdown(decision.sentence)}\n")
    write_output(given.train, YES if decision.train else NO)
    log.info("%s took %.1f s", RETRAINING, time.monotonic() - started)
    return 0


def _decide(given: argparse.Namespace, recipe: "Recipe") -> "Decision":
    """Decides, and stages what the training will see in the ledger."""
    from components.image_example_gen.listing.listing import list_folders
    from components.storage.patient_key import patient_key
    from kubeflow.node.ledger import look_ledger, run_ledger
    from kubeflow.node.paths import node_paths
    from pipeline.plan.plan import check_floors, plan, remarks
    from pipeline.retraining.decide import Decision, decide
    from pipeline.retraining.reasons import Reasons
    from pipeline.retraining.training_data import describe_data
    from pipeline.tune.looks import check_looks

    if given.after_alarm and not given.reason:
        return Decision(False, "Declined: the monitor is quiet.")

    paths = node_paths(given.root)
    key = patient_key(paths.keys)
    listing = list_folders(given.data, recipe.data)
    if given.trials:
        check_looks(look_ledger(given.root), recipe, listing, recipe.tuning.space, given.trials)
        return Decision(True, f"A search of {given.trials} trials.")
    seen = describe_data(recipe, listing, key)
    ledger = run_ledger(recipe, given.root)
    decision = Decision(True, "Training: the run's parameter `if_new` is false.")
    if given.if_new == "true":
        decision = decide(recipe.retraining, seen, ledger)
    if decision.train:
        prospects = plan(recipe, listing)
        for line in remarks(recipe, prospects):
            log.info("%s", line)
        check_floors(recipe, prospects)
        looks = look_ledger(given.root)
        looks.check(seen.tested, [seen.model], recipe.evaluation.max_looks)
        ledger.stage(given.run_id, seen)
        if given.reason:
            Reasons(paths.artifacts).add(given.run_id, given.reason)
    return decision


if __name__ == "__main__":
    sys.exit(main())
