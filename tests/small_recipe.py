"""The quickstart on a cluster: small enough for a minute of work, large enough to learn."""

from components.nodes import NODES

EPOCHS = 25
SMALL = [
    "data.split_seed=20",
    f"training.epochs={EPOCHS}",
    f"training.early_stopping.patience={EPOCHS}",
    "evaluation.recall_floor=0.3",
    "evaluation.allowed_drop=0.6",
    "platform.defaults={retry_wait_seconds: 0}",
]
# The nodes that work in a run of it; the others only look up, or are of other recipes.
WORKING = {*NODES} - {"StatisticsBaseline", "Baseline", "Approval", "CrossValidation", "OutOfFold"}
# A floor that no model reaches: the run would stop before the training, which is not the point.
OUT_OF_REACH = ("evaluation.recall_floor=0.99", "evaluation.unreachable_floors=report")
