"""The DAG of a recipe: its nodes, and the tasks that they run in."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from components.nodes import (
    MONITOR,
    PUSHER,
    RETRAINING,
    SEARCH_STAGES,
    STAGES,
    kind_of,
    search_upstream,
    upstream_of,
)
from components.recipe.platform import PlatformSection
from components.recipe.recipe import Recipe
from components.tuner.rounds import known_before


@dataclass(frozen=True)
class Task:
    """A task of a package: a container in which nodes run one after another.

    Attributes:
        name: as KFP's page shows it: of one of its nodes, or `Retraining`.
        nodes: in the order in which they run; none in the task Retraining.
        upstream: names of the tasks that it waits for.
    """

    name: str
    nodes: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()


DECIDES = Task(RETRAINING)
_STAGES = STAGES | SEARCH_STAGES
MONITORS = Task(MONITOR)


def node_dag(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Returns node → the nodes it waits for, in topological order.

    Unlike in TFX's DAG, the Pusher waits for every node before it, also for those whose outputs it
    does not read: as on one machine, a failed node keeps a model from being pushed. The last node
    closes the run.
    """
    dag = upstream_of(recipe.serving.approval != "none", recipe.evaluation.folds)
    waited_for = {name for upstream in dag.values() for name in upstream}
    *before, _ = dag
    dag[PUSHER] += tuple(name for name in before if name not in waited_for)
    return dag


def search_dag(recipe: Recipe, trials: int) -> dict[str, tuple[str, ...]]:
    """Returns node → the nodes it waits for, of a search for better values of a recipe.

    Args:
        recipe: with the search space.
        trials: how many.
    """
    return search_upstream(trials, partial(known_before, keys=len(recipe.tuning.space)))


def task_dag(dag: Mapping[str, tuple[str, ...]], platform: PlatformSection) -> list[Task]:
    """Returns the tasks of a DAG, in topological order: its stages, or a task for each node.

    Args:
        dag: node → the nodes it waits for, from `node_dag` or `search_dag`.
        platform: says which nodes run in a pod of their own.
    """
    # Neighbours alone share a pod, so that no circle can arise.
    groups = [
        tuple(group)
        for stage in _STAGES.values()
        for _, group in groupby((node for node in dag if kind_of(node) in stage), platform.pod_of)
    ]
    name_of = {node: _name(group) for group in groups for node in group}
    return [
        Task(
            _name(group),
            group,
            tuple(
                dict.fromkeys(
                    name_of[above] for node in group for above in dag[node] if above not in group
                )
            ),
        )
        for group in groups
    ]


def _name(nodes: tuple[str, ...]) -> str:
    if len(nodes) == 1:
        return nodes[0]
    kinds = [kind_of(node) for node in nodes]
    return next((kind for kind in kinds if kind in _STAGES), kinds[0])
