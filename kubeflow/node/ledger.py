"""The training ledger of a run on the cluster: what its training saw, and that it ended."""

from typing import TYPE_CHECKING

from kubeflow.node.task import log

if TYPE_CHECKING:
    from components.recipe.recipe import Recipe
    from pipeline.retraining.ledger import Ledger


def run_ledger(recipe: "Recipe", root: str) -> "Ledger":
    """Returns the ledger of a recipe whose artifacts lie below `root`, a path or an address."""
    from kubeflow.node.paths import node_paths
    from pipeline.retraining.ledger import Ledger

    return Ledger(node_paths(root, "", None).pipeline_root(recipe.name))


def confirm_training(
    recipe: "Recipe", root: str, run_id: str, *, blessed: bool, sentence: str
) -> None:
    """Records that the training of a run came to its end.

    The second attempt of a last node that failed afterwards finds that done.

    Raises:
        LedgerError: the ledger can't be written.
    """
    ledger = run_ledger(recipe, root)
    if ledger.is_staged(run_id):
        ledger.confirm(run_id, blessed=blessed, sentence=sentence)
        log.info("The next run with if_new compares with this one: %s", ledger.address)
