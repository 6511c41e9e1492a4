"""How well size, format and grey level alone predict the class: the baseline of a comparison.

It is the data audit's classifier of shortcuts. What a network reaches beyond it may come from the
image; what it does not reach beyond it need not.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from components.data_audit.checks.shortcut_model import (
    ImageFacts,
    grey_level,
    shortcut_classifier,
    size_and_format,
)


def predict_by_shortcuts(
    known: Sequence[ImageFacts],
    labels: Sequence[str],
    tested: Sequence[ImageFacts],
    classes: Sequence[str],
) -> NDArray[np.float64]:
    """Trains on the known images and predicts the others.

    Args:
        known: images to train on.
        labels: their classes.
        tested: images to predict.
        classes: order of the probabilities; 0 for a class that no known image has.

    Returns:
        Probabilities, float64 [n, C].
    """
    formats = sorted({image.format for image in known})
    model = shortcut_classifier().fit(_features(known, formats), list(labels))
    probabilities = np.zeros((len(tested), len(classes)))
    columns = [list(classes).index(label) for label in model.classes_]
    probabilities[:, columns] = model.predict_proba(_features(tested, formats))
    return probabilities


def _features(images: Sequence[ImageFacts], formats: Sequence[str]) -> NDArray[np.float64]:
    return np.hstack([size_and_format(images, formats), grey_level(images)])
