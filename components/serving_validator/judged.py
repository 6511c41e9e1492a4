"""The predictions that the gate judged: of the exported model, or of the models of the folds."""

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from components.gate.pushed_reference import FORMAT, QUALITY, TAGS, Reference
from components.gate.split_images import SplitImages, stored_predictions

_FEATURES = (*QUALITY, FORMAT, *TAGS)


def judged_predictions(
    model: Path, classes: tuple[str, ...], test: Sequence[str], out_of_fold: Sequence[str]
) -> Reference:
    """Returns the reference that travels with the model.

    Args:
        model: folder of the SavedModel.
        classes: in the order of its outputs.
        test: files of the test split, GZIP TFRecords.
        out_of_fold: files of OutOfFold; empty without a cross-validation. With one, the pushed
            model has been trained on all images, and its own predictions would be too good.
    """
    if out_of_fold:
        return Reference.of(stored_predictions(out_of_fold, classes, _FEATURES), folds=True)
    loaded = tf.saved_model.load(str(model))
    return Reference.of(SplitImages(test, classes).predict(loaded, _FEATURES), folds=False)
