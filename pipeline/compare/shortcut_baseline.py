"""How well size, format, file size and mean grey alone tell the class.

A logistic regression on those numbers: what a network reaches beyond it may come from the image,
what it does not reach beyond it need not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ShortcutTable:
    """What tells about n images without looking at them.

    Attributes:
        numbers: float64 [n, 6], rows of `shortcut_numbers`.
        formats: format of each file.
    """

    numbers: NDArray[np.float64]
    formats: tuple[str, ...]


def shortcut_numbers(width: int, height: int, size: int, mean: float, std: float) -> list[float]:
    """Returns (width, height, aspect, log size, mean, deviation).

    Args:
        width: in pixels.
        height: in pixels.
        size: of the encoded image, in bytes.
        mean: of the grey values, 0..255.
        std: likewise.
    """
    return [width, height, width / height, float(np.log(size)), mean, std]


def predict_by_shortcuts(
    known: ShortcutTable, labels: Sequence[str], asked: ShortcutTable, classes: Sequence[str]
) -> NDArray[np.float64]:
    """Learns from the known images and answers about others.

    Args:
        known: images to learn from.
        labels: their classes.
        asked: images to answer about.
        classes: order of the answers.

    Returns:
        Probabilities, float64 [n, C].
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encoder = OneHotEncoder(sparse_output=False, handle_unknown="ignore")
    encoder.fit(np.array(known.formats)[:, None])
    model = make_pipeline(
        StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=5_000)
    )
    model.fit(_features(known, encoder), list(labels))
    found = model.predict_proba(_features(asked, encoder))
    answers = np.zeros((len(asked.formats), len(classes)))
    answers[:, [list(classes).index(label) for label in model.classes_]] = found
    return answers


def _features(table: ShortcutTable, encoder: object) -> NDArray[np.float64]:
    encoded = encoder.transform(np.array(table.formats)[:, None])  # type: ignore[attr-defined]
    return np.hstack([table.numbers, encoded])
