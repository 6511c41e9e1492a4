"""The nodes of the pipeline, and which of them each one waits for.

Whoever needs the shape of the DAG alone reads it here, without importing TFX. A test compares it
with the DAG that TFX compiles (`tests/components/test_nodes.py`).
"""

from collections.abc import Iterable, Iterator
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
BEAM_NODES = ("ImageExampleGen", "StatisticsGen", "Transform", "Evaluator")

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


def fold_nodes(folds: int | None) -> list[str]:
    """Returns the names of the nodes of a cross-validation: `CrossValidation1`, and so on."""
    return [f"{FOLD}{number}" for number in range(1, (folds or 0) + 1)]


def kind_of(node: str) -> str:
    """Returns the name in `NODES` of a node of a DAG: `CrossValidation` of `CrossValidation2`."""
    return node.rstrip(digits)


def place_of(node: str) -> tuple[int, int]:
    """Returns what nodes of a DAG are ordered by; those that are not ours come last."""
    kind = kind_of(node)
    number = int(node[len(kind) :] or 0)
    return (NODES.index(kind), number) if kind in NODES else (len(NODES), 0)
