"""Balanced accuracy, the mean of the per-class recalls, as a Keras metric."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("medtfx")
class BalancedAccuracy(keras.metrics.Metric):
    """Mean recall over the classes seen so far.

    Args:
        classes: number of classes.
        name: name in the logs.
    """

    def __init__(self, classes: int, name: str = "balanced_accuracy", **options: object):
        super().__init__(name=name, **options)
        self.hits = self.add_variable((classes,), "zeros", name="hits")
        self.seen = self.add_variable((classes,), "zeros", name="seen")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Counts a batch, each image once, whatever its weight in the loss.

        Args:
            y_true: [B, classes] one-hot.
            y_pred: [B, classes] probabilities.
            sample_weight: ignored.
        """
        ops = keras.ops
        truth = ops.cast(y_true, self.dtype)
        right = ops.cast(ops.equal(ops.argmax(truth, -1), ops.argmax(y_pred, -1)), self.dtype)
        self.hits.assign(self.hits + ops.sum(truth * right[:, None], 0))
        self.seen.assign(self.seen + ops.sum(truth, 0))

    def result(self) -> Any:
        """Returns the mean recall of the classes counted so far: a scalar in 0..1."""
        ops = keras.ops
        recalls = self.hits / ops.maximum(self.seen, 1.0)
        return ops.sum(recalls) / ops.maximum(ops.sum(ops.cast(self.seen > 0, self.dtype)), 1.0)
