"""What the answers of a trained network are worth, measured on the eval split."""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.calibration import SMALLEST, fit_temperature, with_temperature
from components.deferral import choose_threshold, deferral, threshold_at
from components.doubt_facts import DoubtFacts
from components.sections import Doubt
from components.trainer.dataset import TransformedSplit
from components.trainer.familiarity import Familiarity, fit_familiarity, limit_of, look
from components.trainer.network import Network

_BATCH = 32
_MOST = 1_000  # training images that tell where they lie


@dataclass(frozen=True)
class MeasuredDoubt:
    """What becomes part of the model.

    Attributes:
        facts: temperature and threshold, and what was seen on the eval split.
        familiarity: where the training images lie; None if nothing is called unfamiliar.
    """

    facts: DoubtFacts
    familiarity: Familiarity | None = None

    def calibrated(self, probabilities: Any) -> Any:
        """Returns the probabilities [B, C] that are served; in a graph, as `with_temperature`."""
        if self.facts.temperature == 1.0:
            return probabilities
        ops = keras.ops
        return ops.softmax(ops.log(ops.maximum(probabilities, SMALLEST)) / self.facts.temperature)


def measure_doubt(
    network: Network,
    train: TransformedSplit,
    eval_split: TransformedSplit,
    section: Doubt,
    vectors: NDArray[np.float32] | None = None,
) -> MeasuredDoubt:
    """Measures temperature, threshold and familiarity; the test split has no part in it.

    Args:
        network: trained.
        train: what it learned from.
        eval_split: what the best epoch was chosen by.
        section: what the recipe wants.
        vectors: pooled features of the train split in file order, [n, F], if they are at hand.
    """
    answers, labels = _read(network, eval_split), eval_split.labels
    if not np.isfinite(answers.probabilities).all():  # it has diverged: the gate will refuse it
        return MeasuredDoubt(DoubtFacts())
    temperature = fit_temperature(answers.probabilities, labels) if section.calibrated else 1.0
    curve = deferral(with_temperature(answers.probabilities, temperature), labels)
    if section.uncertain_below is None:
        threshold = choose_threshold(curve, section.wanted_recall, section.most_deferred)
    else:
        threshold = threshold_at(curve, section.uncertain_below)
    facts = DoubtFacts(
        temperature,
        threshold.below,
        threshold.deferred,
        threshold.lowest_recall,
        section.false_alarms,
        images=len(labels),
    )
    if section.false_alarms is None:
        return MeasuredDoubt(facts)
    familiarity = fit_familiarity(*_sample(network, train, vectors))
    distances = np.asarray(
        familiarity.distance(np.concatenate([answers.vectors, answers.looks], axis=1))
    )
    limit = limit_of(distances, section.false_alarms)
    facts = replace(facts, unfamiliar=int((distances > limit).sum()))
    return MeasuredDoubt(facts, replace(familiarity, limit=limit))


class _Answers(NamedTuple):
    """What the network makes of N images."""

    vectors: NDArray[np.float32]  # [N, F]
    looks: NDArray[np.float32]  # [N, E]
    probabilities: NDArray[np.float32]  # [N, C]


def _read(network: Network, split: TransformedSplit) -> _Answers:
    @tf.function(reduce_retracing=True)
    def compute(pixels: tf.Tensor) -> tuple[tf.Tensor, ...]:
        vector, probabilities = network.answer(pixels)
        return vector, look(pixels), probabilities

    found = [[part.numpy() for part in compute(pixels)] for pixels, _ in split.batches(_BATCH)]
    return _Answers(*map(np.concatenate, zip(*found, strict=True)))


def _sample(
    network: Network, train: TransformedSplit, vectors: NDArray[np.float32] | None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns pooled features and looks of at most `_MOST` images, evenly from the whole split."""
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
