"""The DAG of a recipe: its nodes, and which of them each one waits for."""

from components.nodes import APPROVAL, PUSHER, UPSTREAM
from components.recipe.recipe import Recipe


def node_dag(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Returns node → the nodes it waits for, in topological order.

    Unlike in TFX's DAG, the Pusher waits for every node before it, also for those whose outputs it
    does not read: as on one machine, a failed node keeps a model from being pushed. The last node
    closes the run.
    """
    left_out = APPROVAL if recipe.serving.approval == "none" else None
    dag = {
        node: tuple(name for name in upstream if name != left_out)
        for node, upstream in UPSTREAM.items()
        if node != left_out
    }
    waited_for = {name for upstream in dag.values() for name in upstream}
    *before, _ = dag
    dag[PUSHER] += tuple(name for name in before if name not in waited_for)
    return dag
