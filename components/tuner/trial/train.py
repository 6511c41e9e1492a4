"""Trains a network with the values of a trial; the trainer's own `Fitter` does it."""

from typing import Any

import keras
import numpy as np
from sklearn.metrics import balanced_accuracy_score

from components.network.network import build_network
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.training.checkpoint import Checkpoint
from components.training.compute import compute_setup
from components.training.dataset import TransformedSplit
from components.training.fit import Fitter
from components.training.phases import head_alone


def train_trial(
    model: ModelSection,
    training: TrainingSection,
    train: TransformedSplit,
    eval_split: TransformedSplit,
    checkpoint: Checkpoint,
    logs: str,
) -> float:
    """Trains, and returns the balanced accuracy of the best epoch on the eval split.

    Args:
        model: the recipe's section with the values of the trial.
        training: likewise.
        train: the images that it learns from.
        eval_split: the images that choose the epoch, and judge.
        checkpoint: state of an earlier training that was killed, or an empty one.
        logs: folder for TensorBoard.
    """
    keras.utils.clear_session()  # of the trials that this process may have trained before
    keras.utils.set_random_seed(training.seed)
    with compute_setup(training):
        statistics, frozen = train.pixel_statistics(), head_alone(model, training)
        network = build_network(model, train.data, *statistics, frozen=frozen)
        Fitter(network, model, training, train, eval_split, checkpoint, logs).fit()
    return evaluate(network.classifier, eval_split, training.batch_size)


def evaluate(classifier: Any, split: TransformedSplit, batch_size: int) -> float:
    """Returns the balanced accuracy on a split: the mean recall of its classes."""
    predicted = [
        np.asarray(classifier(pixels, training=False)).argmax(-1)
        for pixels, _ in split.batches(batch_size)
    ]
    return float(balanced_accuracy_score(split.labels, np.concatenate(predicted)))
