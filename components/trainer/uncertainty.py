"""The uncertainty of a trained network, measured on the eval split."""

import math
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.network.network import Network
from components.recipe.uncertainty import Uncertainty
from components.training.dataset import TransformedSplit
from components.uncertainty.calibration import SMALLEST, fit_temperature, with_temperature
from components.uncertainty.out_of_distribution import (
    OODDetector,
    describe,
    fit_ood_detector,
    limit_of,
    look,
)
from components.uncertainty.risk_coverage import choose_threshold, risk_coverage_curve, threshold_at
from components.uncertainty.summary import UncertaintySummary

_BATCH = 32
_MOST = 1_000  # training images to which the out-of-distribution detector is fitted


@dataclass(frozen=True)
class MeasuredUncertainty:
    """The uncertainty that becomes part of the model.

    Attributes:
        summary: temperature, threshold, and their effect on the eval split.
        ood_detector: detects images that are out of distribution; None: no image is marked so.
    """

    summary: UncertaintySummary
    ood_detector: OODDetector | None = None

    def calibrated(self, probabilities: Any) -> Any:
        """Returns calibrated probabilities [B, classes]: `with_temperature`, for tensors."""
        if self.summary.temperature == 1.0:
            return probabilities
        ops = keras.ops
        return ops.softmax(ops.log(ops.maximum(probabilities, SMALLEST)) / self.summary.temperature)


def measure_uncertainty(
    network: Network,
    train: TransformedSplit,
    eval_split: TransformedSplit,
    section: Uncertainty,
    vectors: NDArray[np.float32] | None = None,
    eval_views: list[NDArray[np.float32]] | None = None,
) -> MeasuredUncertainty:
    """Measures temperature, threshold and out-of-distribution detector, without the test split.

    Args:
        network: the trained network.
        train: the train split, to which the detector is fitted.
        eval_split: the eval split, on which all else is measured.
        section: the part `serving.uncertainty` of the recipe.
        vectors: pooled features [n, D] of the train split, in the order of the files, if they have
            been computed before.
        eval_views: pooled features [n, D] of the eval split, and with `model.flip_tta` those of the
            mirror images, if they have been computed before.

    Returns:
        What becomes part of the model. Where a network has diverged, its probabilities are not
        finite, and nothing is measured.
    """
    # === Predictions on the eval split ===
    ood_detector = None
    if section.ood_false_positive_rate is not None:
        ood_detector = _ood_detector(network, train, vectors)
    probabilities, distances = _predict(network, eval_split, ood_detector, eval_views)
    labels = eval_split.labels
    if not np.isfinite(probabilities).all():  # it has diverged, and the gate refuses it
        return MeasuredUncertainty(UncertaintySummary())

    # === Temperature and threshold ===
    temperature = fit_temperature(probabilities, labels) if section.calibrated else 1.0
    curve = risk_coverage_curve(with_temperature(probabilities, temperature), labels)
    if section.uncertain_below is None:
        threshold = choose_threshold(curve, section.wanted_recall, section.max_deferral_rate)
    else:
        threshold = threshold_at(curve, section.uncertain_below)
    summary = UncertaintySummary(
        temperature,
        threshold.below,
        threshold.deferred,
        threshold.lowest_recall,
        images=len(labels),
    )
    if ood_detector is None or section.ood_false_positive_rate is None:
        return MeasuredUncertainty(summary)

    # === Limit of the detector ===
    limit = limit_of(distances, section.ood_false_positive_rate)
    out_of_distribution = int((distances > limit).sum())
    return MeasuredUncertainty(
        replace(
            summary,
            ood_false_positive_rate=section.ood_false_positive_rate,
            out_of_distribution=out_of_distribution,
        ),
        replace(ood_detector, limit=limit),
    )


def _predict(
    network: Network,
    split: TransformedSplit,
    ood_detector: OODDetector | None,
    views: list[NDArray[np.float32]] | None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns probabilities [N, classes] and distances [N], which are NaN without a detector."""

    @tf.function(reduce_retracing=True)
    def compute(pixels: tf.Tensor, vectors: list[tf.Tensor] | None) -> tuple[tf.Tensor, tf.Tensor]:
        vector, probabilities = network.predict(pixels, vectors)
        if ood_detector is None:
            return probabilities, tf.fill(tf.shape(vector)[:1], math.nan)
        return probabilities, ood_detector.distance(describe(pixels, vector))

    found = []
    for number, (pixels, _) in enumerate(split.batches(_BATCH)):
        rows = slice(number * _BATCH, (number + 1) * _BATCH)
        vectors = [tf.constant(view[rows]) for view in views] if views else None
        found.append([part.numpy() for part in compute(pixels, vectors)])
    probabilities, distances = map(np.concatenate, zip(*found, strict=True))
    return probabilities, distances


def _ood_detector(
    network: Network, train: TransformedSplit, vectors: NDArray[np.float32] | None
) -> OODDetector | None:
    """Fits the detector to at most `_MOST` images; None for a network that has diverged."""
    vectors, looks = _sample(network, train, vectors)
    return fit_ood_detector(vectors, looks) if np.isfinite(vectors).all() else None


def _sample(
    network: Network, train: TransformedSplit, vectors: NDArray[np.float32] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns pooled features and thumbnails of at most `_MOST` images, evenly over the split."""
    every = max(1, math.ceil(len(train.labels) / _MOST))

    @tf.function(reduce_retracing=True)
    def compute(pixels: tf.Tensor) -> tf.Tensor:
        return network.pooling(network.feature_maps(pixels))

    looks, computed = [], []
    for pixels, _ in train.batches(_BATCH, every):
        looks.append(look(pixels).numpy())
        if vectors is None:
            computed.append(compute(pixels).numpy())
    kept = np.concatenate(computed) if vectors is None else vectors[::every]
    return kept, np.concatenate(looks)
