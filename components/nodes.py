"""The names of the nodes, in the order in which they run: the only list of them."""

NODES = (
    "ImageExampleGen",
    "StatisticsGen",
    "SchemaGen",
    "ExampleValidator",
    "StatisticsBaseline",
    "DataAudit",
    "AuditGate",
    "Transform",
    "Trainer",
    "Baseline",
    "Evaluator",
    "ServingValidator",
    "Pusher",
    "RunReport",
)
FIRST, LAST = NODES[0], NODES[-1]
GATE, PUSHER = "Evaluator", "Pusher"
BEAM_NODES = ("ImageExampleGen", "StatisticsGen", "Transform", "Evaluator")

# Not a node of TFX: the first task on Kubeflow Pipelines.
RETRAINING = "Retraining"
