"""The nodes of the pipeline, and which of them each one waits for.

Whoever needs the shape of the DAG alone reads it here, without importing TFX. A test compares it
with the DAG that TFX compiles (`tests/components/test_nodes.py`).
"""

from collections.abc import Callable, Iterable, Iterator
from string import digits

# Node → the nodes it waits for, in the order in which they run. In a DAG, CrossValidation is a node
# for each fold: see `upstream_of`.
UPSTREAM: dict[str, tuple[str, ...]] = {
    "ImageExampleGen": (),
    "StatisticsGen": ("ImageExampleGen",),
    "SchemaGen": ("StatisticsGen",),
    "ExampleValidator": ("StatisticsGen", "SchemaGen"),
    "StatisticsBaseline": ("StatisticsGen",),
    "DataAudit": ("ImageExampleGen", "StatisticsGen", "StatisticsBaseline"),
    "AuditGate": ("DataAudit",),
    "Transform": ("ImageExampleGen", "StatisticsGen", "SchemaGen"),
    "CrossValidation": ("ImageExampleGen", "AuditGate", "Transform"),
    "Trainer": ("SchemaGen", "AuditGate", "Transform"),
    "Baseline": ("Trainer",),
    "OutOfFold": ("ImageExampleGen", "CrossValidation", "Trainer", "Baseline"),
    "Evaluator": ("ImageExampleGen", "Trainer", "Baseline", "OutOfFold"),
    "ServingValidator": ("ImageExampleGen", "Trainer", "OutOfFold", "Evaluator"),
    "Approval": ("ServingValidator",),
    "Pusher": ("Evaluator", "ServingValidator", "Approval"),
    "RunReport": (
        "ImageExampleGen",
        "StatisticsGen",
        "DataAudit",
        "Trainer",
        "OutOfFold",
        "Evaluator",
        "ServingValidator",
        "Pusher",
    ),
}
NODES = tuple(UPSTREAM)
FIRST, LAST = NODES[0], NODES[-1]
AUDIT, GATE, PUSHER = "DataAudit", "Evaluator", "Pusher"
# Only where `serving.approval` asks for a person's decision.
APPROVAL = "Approval"
# Only where `evaluation.folds` asks for a cross-validation.
FOLD = "CrossValidation"
OF_FOLDS = (FOLD, "OutOfFold")
# Of a search alone, see `search_upstream`.
TRIAL, TUNER = "Trial", "Tuner"
BEAM_NODES = (FIRST, "StatisticsGen", AUDIT, "Transform", GATE)

# Stage → its nodes, in the order in which they run: on Kubeflow Pipelines one task, which is named
# after the node that takes the longest.
STAGES: dict[str, tuple[str, ...]] = {
    FIRST: (
        FIRST,
        "StatisticsGen",
        "SchemaGen",
        "ExampleValidator",
        "StatisticsBaseline",
        AUDIT,
        "AuditGate",
    ),
    "Transform": ("Transform",),
    FOLD: (FOLD,),
    "Trainer": ("Trainer",),
    GATE: ("Baseline", "OutOfFold", GATE, "ServingValidator"),
    APPROVAL: (APPROVAL,),
    PUSHER: (PUSHER, LAST),
}
SEARCH_STAGES = {TRIAL: (TRIAL,), TUNER: (TUNER,)}

# Not a node of TFX: the first task on Kubeflow Pipelines.
RETRAINING = "Retraining"
# The task that compares logged predictions with those that the gate judged.
MONITOR = "Monitor"


def upstream_of(approval: bool, folds: int | None) -> dict[str, tuple[str, ...]]:
    """Returns node → the nodes it waits for, in the DAG of a recipe.

    Args:
        approval: whether a person's decision is asked for.
        folds: how many models of a cross-validation decide; None: the test split does.
    """
    left_out = {*(() if approval else (APPROVAL,)), *(() if folds else OF_FOLDS)}

    def in_dag(nodes: Iterable[str]) -> Iterator[str]:
        for node in nodes:
            if node not in left_out:
                yield from fold_nodes(folds) if node == FOLD else [node]

    return {node: tuple(in_dag(UPSTREAM[kind_of(node)])) for node in in_dag(UPSTREAM)}


def search_upstream(trials: int, known_before: Callable[[int], int]) -> dict[str, tuple[str, ...]]:
    """Returns node → the nodes it waits for, in the DAG of a search.

    Args:
        trials: how many.
        known_before: number of a trial → how many trials it waits for.
    """
    prepared = ("ImageExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform")
    names = numbered(TRIAL, trials)
    waiting = {
        name: ("Transform", *names[: known_before(number)])
        for number, name in enumerate(names, start=1)
    }
    return {**{node: UPSTREAM[node] for node in prepared}, **waiting, TUNER: tuple(names)}


def fold_nodes(folds: int | None) -> list[str]:
    """Returns the names of the nodes of a cross-validation: `CrossValidation1`, and so on."""
    return numbered(FOLD, folds or 0)


def numbered(kind: str, count: int) -> list[str]:
    """Returns the names of nodes of which there are several, from 1: `Trial1`, and so on."""
    return [f"{kind}{number}" for number in range(1, count + 1)]


def kind_of(node: str) -> str:
    """Returns the name in `NODES` of a node of a DAG: `CrossValidation` of `CrossValidation2`."""
    return node.rstrip(digits)


def place_of(node: str) -> tuple[int, int]:
    """Returns what nodes of a DAG are ordered by; those that are not ours come last."""
    kind = kind_of(node)
    number = int(node[len(kind) :] or 0)
    known = (*NODES, TRIAL, TUNER)
    return (known.index(kind), number) if kind in known else (len(known), 0)
