"""Which code is behind which node: an edit of it is a miss of the node's cache, and no other's."""

from pathlib import Path

from components.runtime.source_hash import ROOT, source_hash

# A package of its own process, named and not imported by the ServingValidator.
SERVER = "serving.embedded"

# Node → modules that TFX runs for it. What those import follows; see `source_hash`.
MODULES = {
    "ImageExampleGen": (
        "components.image_example_gen.executor",
        "components.image_example_gen.driver",
    ),
    "StatisticsGen": ("components.statistics_gen.options",),
    "SchemaGen": ("components.schema_gen.executor",),
    "DataAudit": ("components.data_audit.executor",),
    "AuditGate": ("components.data_audit.gate",),
    "Transform": ("components.transform.preprocessing",),
    "Trainer": ("components.trainer.run_fn",),
    "Tuner": ("components.tuner.tuner_fn",),
    "Evaluator": ("components.evaluator.metrics", "components.evaluator.overall"),
    "ServingValidator": (
        "components.serving_validator.executor",
        "components.serving_validator.driver",
        f"{SERVER}.__main__",
    ),
    "RunReport": ("components.run_report.executor",),
}
# The nodes that decide what a model is: a new hash of theirs is a reason to train again.
_OF_THE_MODEL = ("ImageExampleGen", "SchemaGen", "Transform", "Trainer")


def node_source(name: str, root: Path = ROOT) -> str:
    """Returns the digest of the code behind a node, 16 hex digits."""
    return source_hash(*MODULES[name], root=root)


def model_source(root: Path = ROOT) -> str:
    """Returns the digest of the code that makes a model of image folders, 16 hex digits."""
    return source_hash(*(module for name in _OF_THE_MODEL for module in MODULES[name]), root=root)
