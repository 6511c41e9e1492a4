"""The nodes of the pipeline, and which of them each one waits for.

Whoever needs the shape of the DAG alone reads it here, without importing TFX. A test compares it
with the DAG that TFX compiles (`tests/components/test_nodes.py`).
"""

# Node → the nodes it waits for, in the order in which they run.
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
OF_FOLDS = ("CrossValidation", "OutOfFold")
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
    "CrossValidation": ("CrossValidation",),
    "Trainer": ("Trainer",),
    GATE: ("Baseline", "OutOfFold", GATE, "ServingValidator"),
    APPROVAL: (APPROVAL,),
    PUSHER: (PUSHER, LAST),
}

# Not a node of TFX: the first task on Kubeflow Pipelines.
RETRAINING = "Retraining"


def upstream_of(approval: bool, folds: bool) -> dict[str, tuple[str, ...]]:
    """Returns node → the nodes it waits for, in the DAG of a recipe.

    Args:
        approval: whether a person's decision is asked for.
        folds: whether a cross-validation decides.
    """
    left_out = {*(() if approval else (APPROVAL,)), *(() if folds else OF_FOLDS)}
    return {
        node: tuple(name for name in upstream if name not in left_out)
        for node, upstream in UPSTREAM.items()
        if node not in left_out
    }
