"""The ledgers of a run on the cluster: what its training saw, that it ended, and who looked."""

from typing import TYPE_CHECKING

from kubeflow.node.task import log

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from pipeline.looks.ledger import LookLedger
    from pipeline.retraining.ledger import Ledger


def run_ledger(recipe: "Recipe", root: str) -> "Ledger":
    """Returns the ledger of a recipe whose artifacts lie below `root`, a path or an address."""
    from kubeflow.node.paths import node_paths
    from pipeline.retraining.ledger import Ledger

    return Ledger(node_paths(root).pipeline_root(recipe.name))


def look_ledger(root: str) -> "LookLedger":
    """Returns the ledger of looks of all recipes whose artifacts lie below `root`."""
    from kubeflow.node.paths import node_paths
    from pipeline.looks.ledger import LookLedger

    return LookLedger(node_paths(root).artifacts)


def confirm_training(
    recipe: "Recipe", root: str, run_id: str, *, blessed: bool, sentence: str
) -> None:
    """Records that the training of a run came to its end, and that its test split was used.

    The second attempt of a last node that failed afterwards finds that done.

    Raises:
        LedgerError: the ledger can't be written.
    """
    ledger = run_ledger(recipe, root)
    if ledger.is_staged(run_id):
        from pipeline.looks.ledger import look_sentence

        seen = ledger.staged(run_id)
        number = look_ledger(root).add(
            seen.tested, seen.model, recipe=recipe.name, by="run", run=run_id
        )
        log.info("%s", look_sentence(number, seen.tested))
        ledger.confirm(run_id, blessed=blessed, sentence=sentence)
        log.info("The next run with if_new compares with this one: %s", ledger.address)
