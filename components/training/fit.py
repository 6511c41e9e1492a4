"""Trains a network, phase by phase, and keeps its best epoch."""

import math

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.network.losses import build_loss
from components.network.metrics import BalancedAccuracy
from components.network.network import Network
from components.network.standardisation import set_statistics
from components.recipe.model import ModelSection
from components.recipe.training import TrainingSection
from components.training.augmentation import augment_marked, build_augmentation
from components.training.balance import class_weights, repetitions
from components.training.bottleneck import as_examples, head_with_probabilities, pooled_features
from components.training.callbacks import ReportEpochs, learning_rate, stopping_callbacks
from components.training.checkpoint import Checkpoint, Logs, SaveAndResume
from components.training.dataset import TransformedSplit, arrange
from components.training.feature_cache import FeatureCache
from components.training.phases import HEAD, Phase, freeze, phases


class Fitter:
    """Trains a network on the train split and chooses the best epoch by the eval split.

    A frozen backbone without augmentation gives the same features in every epoch: they are computed
    once, and the head is trained on them.

    Args:
        network: network to train, in place.
        model: the recipe's section.
        training: the recipe's section.
        train: the train split; only this one is augmented and balanced.
        eval_split: the eval split, for early stopping and the choice of the epoch.
        checkpoint: state of an earlier training that was killed, or an empty one.
        logs: folder for TensorBoard, on a disk or in object storage.
        cache: features that the frozen backbones gave in earlier trainings.

    Attributes:
        train_vectors: pooled features [n, D] of the train split, in the order of the files, if the
            last phase was trained on features; else None.
        eval_views: pooled features [n, D] of the eval split, and with `model.flip_tta` those of
            the mirror images, if the last phase was trained on features; else None.
    """

    def __init__(
        self,
        network: Network,
        model: ModelSection,
        training: TrainingSection,
        train: TransformedSplit,
        eval_split: TransformedSplit,
        checkpoint: Checkpoint,
        logs: str,
        cache: FeatureCache | None = None,
    ):
        self._network, self._model, self._training = network, model, training
        self._train, self._eval = train, eval_split
        self._checkpoint, self._logs, self._cache = checkpoint, logs, cache
        self._phases = phases(model, training)
        self._classes = len(train.data.classes)
        self._start = network.head.get_weights()
        self._pooled: dict[str, NDArray[np.float32]] = {}
        self.train_vectors: NDArray[np.float32] | None = None
        self.eval_views: list[NDArray[np.float32]] | None = None

    def fit(self) -> dict[str, list[Logs]]:
        """Runs the phases that are not finished yet, and loads the best weights into the network.

        Returns:
            Name of the phase → logs of each epoch: `loss`, `accuracy`, `balanced_accuracy` and the
            same of the eval split with the prefix `val_`.
        """
        for phase in self._phases:
            if phase.name not in self._checkpoint.state.finished_phases:
                self._run(phase)
                self._checkpoint.finish_phase(phase.name)
            self._checkpoint.load_best(self._trained_part)
        return self._checkpoint.state.history

    @property
    def _trained_part(self) -> keras.Model:
        """The part that training changes: without the backbones, if they are always frozen."""
        if any(phase.layers for phase in self._phases):
            return self._network.classifier
        return self._network.head

    def refit(self) -> None:
        """Trains the head again, on train and eval together, for the best number of epochs.

        Does nothing unless the recipe has `training.refit`. Measure on the eval split before:
        afterwards the network has learned from it.
        """
        if not self._training.refit:
            return
        # === Examples ===
        (phase,) = self._phases
        found = [self._features(name, phase.mirrored) for name in ("train", "eval")]
        features, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))

        # === Training, from the same start ===
        self._network.head.set_weights(self._start)
        trained, train = self._on_features(features, labels)
        steps = self._steps(labels)
        self._compile(trained, phase.rate, phase.epochs * steps)
        best = self._checkpoint.best_epoch(phase.name)
        trained.fit(
            train,
            epochs=best,
            steps_per_epoch=steps if self._training.balance == "sampling" else None,
            class_weight=self._class_weight(labels),
            verbose=0,
            callbacks=[ReportEpochs("refit", best, steps)],
        )

    def _run(self, phase: Phase) -> None:
        trained, train, eval_split, labels = self._prepared(phase)
        steps = self._steps(labels)
        self._compile(trained, phase.rate, phase.epochs * steps)
        stopping = stopping_callbacks(self._training)
        trained.fit(
            train,
            validation_data=eval_split,
            initial_epoch=len(self._checkpoint.epochs_done(phase.name)),
            epochs=phase.epochs,
            steps_per_epoch=steps if self._training.balance == "sampling" else None,
            class_weight=self._class_weight(labels),
            verbose=0,
            callbacks=[
                *stopping,
                keras.callbacks.TensorBoard(f"{self._logs}/{phase.name}", write_graph=False),
                ReportEpochs(phase.name, phase.epochs, steps),
                SaveAndResume(self._checkpoint, self._trained_part, phase.name, stopping),
            ],
        )

    def _prepared(
        self, phase: Phase
    ) -> tuple[keras.Model, tf.data.Dataset, tf.data.Dataset, NDArray[np.int64]]:
        """Returns the model to train, batches of train and eval, and the train labels."""
        for backbone in self._network.backbones:
            freeze(backbone, phase.layers, self._model.pretrained)
        if phase.on_features:
            return self._prepared_features(phase)
        if self._model.standardise and phase.name == HEAD:
            set_statistics(self._network.head, self._features("train", mirrored=False)[0])
        training, labels = self._training, self._train.labels
        eval_split = self._eval.batches(training.batch_size)
        copies = phase.augmented and training.balance == "augmented_copies"
        trained = _with_augmentation(self._network.classifier, training, phase.augmented, copies)
        if copies:
            eval_split = eval_split.map(_no_copies)
        return trained, self._train.training_batches(training, copies), eval_split, labels

    def _prepared_features(
        self, phase: Phase
    ) -> tuple[keras.Model, tf.data.Dataset, tf.data.Dataset, NDArray[np.int64]]:
        features, labels = self._features("train", phase.mirrored)
        if phase is self._phases[-1]:
            self.train_vectors = features[: len(self._train.labels)]
        trained, train = self._on_features(features, labels)
        seen, truth = self._features("eval", self._network.flip_tta)
        count = len(self._eval.labels)  # without mirror images
        if phase is self._phases[-1]:
            self.eval_views = np.split(seen, len(seen) // count)
        eval_examples = as_examples(seen[:count], truth[:count], self._classes)
        return trained, train, eval_examples.batch(self._training.batch_size), labels

    def _features(
        self, split: str, mirrored: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Returns pooled features and labels of `train` or `eval`, as `pooled_features` does."""
        images = {"train": self._train, "eval": self._eval}[split]
        key = f"{split} mirrored" if mirrored else split
        if key not in self._pooled:
            self._pooled[key] = pooled_features(self._network, images, mirrored, self._cache)
        return self._pooled[key], np.tile(images.labels, 2 if mirrored else 1)

    def _on_features(
        self, features: NDArray[np.float32], labels: NDArray[np.int64]
    ) -> tuple[keras.Model, tf.data.Dataset]:
        """Returns the head to train, and batches for it."""
        if self._model.standardise:
            set_statistics(self._network.head, features)
        examples = as_examples(features, labels, self._classes)
        return head_with_probabilities(self._network), arrange(examples, labels, self._training)

    def _steps(self, labels: NDArray[np.int64]) -> int:
        return math.ceil(repetitions(labels, self._training).sum() / self._training.batch_size)

    def _compile(self, trained: keras.Model, rate: float, steps: int) -> None:
        trained.compile(
            optimizer=keras.optimizers.Adam(learning_rate(self._training, rate, steps)),
            loss=build_loss(self._training),
            metrics=["accuracy", BalancedAccuracy(self._classes)],
        )

    def _class_weight(self, labels: NDArray[np.int64]) -> dict[int, float] | None:
        if self._training.balance != "weights":
            return None
        return class_weights(labels, self._classes)


def _with_augmentation(
    classifier: keras.Model, training: TrainingSection, augmented: bool, copies: bool
) -> keras.Model:
    """Returns a model that shares the classifier's weights and augments its input.

    With `copies` it takes pixels and marks, bool [B], and augments only what is marked.
    """
    pixels = keras.Input(classifier.input_shape[1:])
    section, size = training.augmentation, classifier.input_shape[1]
    augmentation = build_augmentation(section, size, training.seed) if augmented else None
    if augmentation is None:
        return keras.Model(pixels, classifier(pixels), name="trained")
    if not copies:
        return keras.Model(pixels, classifier(augmentation(pixels)), name="trained")
    changed = augment_marked(augmentation, classifier.input_shape[1:])
    return keras.Model(changed.inputs, classifier(changed.output), name="trained")


def _no_copies(
    pixels: tf.Tensor, label: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
    return (pixels, tf.zeros(tf.shape(pixels)[:1], tf.bool)), label
