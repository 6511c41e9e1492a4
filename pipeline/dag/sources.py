"""The code behind each node: after an edit of it this node runs again, and no other."""

from pathlib import Path

from components.nodes import FOLD, TRIAL
from components.runtime.source_hash import ROOT, source_hash

# The ServingValidator runs it as a process, and does not import it.
SERVER = "serving.embedded"

# Node → modules that TFX runs for it. The modules that they import count too, see `source_hash`.
MODULES = {
    "ImageExampleGen": (
        "components.image_example_gen.executor",
        "components.image_example_gen.driver",
    ),
    "StatisticsGen": ("components.statistics_gen.executor",),
    "SchemaGen": ("components.schema_gen.executor",),
    "DataAudit": ("components.data_audit.executor",),
    "AuditGate": ("components.data_audit.gate",),
    "Transform": ("components.transform.executor", "components.transform.preprocessing"),
    "Trainer": ("components.trainer.run_fn",),
    FOLD: ("components.trainer.cross_validation.executor",),
    TRIAL: ("components.tuner.trial.executor",),
    "OutOfFold": ("components.evaluator.out_of_fold.executor",),
    "Evaluator": (
        "components.evaluator.metrics",
        "components.evaluator.overall",
        "components.evaluator.given_predictions",
    ),
    "ServingValidator": (
        "components.serving_validator.executor",
        "components.serving_validator.driver",
        f"{SERVER}.__main__",
    ),
    "RunReport": ("components.run_report.executor",),
}
# The nodes that make a model: after an edit of their code, a run with --if-new trains again.
_OF_THE_MODEL = ("ImageExampleGen", "SchemaGen", "Transform", "Trainer")


def node_source(name: str, root: Path = ROOT) -> str:
    """Returns the hash of the code behind a node, 16 hex digits.

    Args:
        name: name of the node, a key of `MODULES`.
        root: folder that contains the packages.
    """
    return source_hash(*MODULES[name], root=root)


def model_source(root: Path = ROOT) -> str:
    """Returns the hash of the code that makes a model from image folders, 16 hex digits."""
    return source_hash(*(module for name in _OF_THE_MODEL for module in MODULES[name]), root=root)
