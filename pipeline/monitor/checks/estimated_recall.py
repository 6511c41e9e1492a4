"""The recall of each class, estimated without labels.

CBPE, confidence-based performance estimation, as NannyML documents it: a calibrated probability is
the chance that the image is of the class. So an image that is predicted as a class counts as a hit
of it with its probability, and every image counts as a case of it with its probability; the recall
is the sum of the ones over the sum of the others.

It is as good as the calibration, and sees nothing of concept drift: if images of a class start to
look like those of another, the model is confidently wrong, and so is the estimate.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.monitor.checks.sample import Floats, Sample

BLINDNESS = (
    "The recall without labels is computed from the model's own probabilities. It can't see "
    "concept drift: where the model is confidently wrong, the estimate is wrong too. Only labels "
    "show that (`--truth`)."
)


_LEAST_ERROR = 0.002  # of a model that is sure of everything
_LEAST_CASES = 1.0


def estimated_recall(sample: Sample, weights: Floats) -> Floats:
    """Returns the estimate for each class, [B, C]; NaN as in `recall_of`.

    Args:
        sample: N predictions.
        weights: how often each counts, [B, N].
    """
    hits, cases = hits_and_cases(sample.probabilities)
    return recall_of(weights @ hits, weights @ cases)


def recall_of(hits: Floats, cases: Floats) -> Floats:
    """Returns hits by cases; NaN where less than one case is expected.

    There need not be any image of the class then, and the recall of none is neither 0 nor 1.
    """
    return np.divide(hits, cases, out=np.full_like(cases, np.nan), where=cases >= _LEAST_CASES)


def recall_drop(before: Sample, weights: Floats, now: Sample, others: Floats) -> Floats:
    """Returns how much lower the estimate is now, in standard errors of independent images, [B, C].

    The error of a ratio, from its residuals (Cochran 1977, "Sampling Techniques", section 6.3).
    Divided by it, the drop is as spread in one resample as in another, which the drop alone is not.
    Where one of the two has no estimate, there is no drop.

    Args:
        before: N predictions.
        weights: of these, [B, N].
        now: M predictions.
        others: of these, [B, M].
    """
    first, first_variance = _with_variance(before, weights)
    second, second_variance = _with_variance(now, others)
    error = np.sqrt(np.maximum(first_variance + second_variance, _LEAST_ERROR**2))
    return np.nan_to_num((first - second) / error, nan=0.0)


def _with_variance(sample: Sample, weights: Floats) -> tuple[Floats, Floats]:
    hits, cases = hits_and_cases(sample.probabilities)
    total = weights @ cases
    recall = recall_of(weights @ hits, total)
    # Σ (hit - recall * case)²; a hit is its case, or 0
    squares = (1 - 2 * recall) * (weights @ hits**2) + recall**2 * (weights @ cases**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return recall, np.maximum(squares, 0.0) / total**2


def hits_and_cases(cases: Floats) -> tuple[Floats, Floats]:
    """Returns by how much each image counts as a hit and as a case of each class, [N, C] each.

    Args:
        cases: probabilities, [N, C].
    """
    return cases * np.eye(cases.shape[-1])[cases.argmax(-1)], cases


def observed_recall(sample: Sample, labels: NDArray[np.int64]) -> Floats:
    """Returns the recall of each class by the labels, [C]; NaN for a class without images."""
    classes = np.arange(sample.probabilities.shape[-1])
    cases = (labels[:, None] == classes).sum(0)
    hits = ((labels[:, None] == classes) & (sample.predicted[:, None] == classes)).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return hits / cases
