"""The two phases of training: first the head, then the top of the backbone with it."""

import math
from dataclasses import dataclass

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
from components.training.augmentation import build_augmentation
from components.training.balance import class_weights, times_of_each
from components.training.bottleneck import as_examples, head_with_probabilities, pooled_features
from components.training.callbacks import ReportEpochs, learning_rate, stopping_callbacks
from components.training.checkpoint import Checkpoint, Logs, SaveAndResume
from components.training.dataset import TransformedSplit, arrange
from components.training.feature_cache import FeatureCache

HEAD, FINE_TUNING = "head", "fine-tuning"


@dataclass(frozen=True)
class Phase:
    """A phase of training.

    Attributes:
        name: `head` or `fine-tuning`.
        epochs: at most.
        rate: learning rate at the start.
        layers: of each backbone that learn, from the top; 0 for none, -1 for all.
        augmented: whether the images are changed at random.
        mirrored: whether each image is used with its mirror image, on cached features.
    """

    name: str
    epochs: int
    rate: float
    layers: int
    augmented: bool
    mirrored: bool = False

    @property
    def on_features(self) -> bool:
        """Whether the features of the backbone are the same in every epoch."""
        return self.layers == 0 and not self.augmented


def phases(model: ModelSection, training: TrainingSection) -> list[Phase]:
    """Returns the phases of a recipe. A backbone without weights learns whole from the start."""
    frozen, augmented = model.pretrained, training.augmentation.any
    in_head = augmented and (training.augment_head or not frozen)
    # Copies alone are augmented then, and each of them anew.
    copies = training.balance == "augmented_copies"
    mirrored = frozen and in_head and training.augmentation.mirrors_only and not copies
    rate, layers = training.learning_rate, 0 if frozen else -1
    found = [Phase(HEAD, training.epochs, rate, layers, in_head and not mirrored, mirrored)]
    tuning = training.fine_tuning
    if frozen and tuning.epochs:
        layers = -1 if tuning.layers == "all" else int(tuning.layers)
        found.append(Phase(FINE_TUNING, tuning.epochs, tuning.learning_rate, layers, augmented))
    return found


class Fitter:
    """Trains a network on the train split and picks the best epoch by the eval split.

    Args:
        network: to train, in place.
        model: the recipe's section.
        training: the recipe's section.
        train: training split; alone augmented and balanced.
        eval_split: for early stopping and the choice of the epoch.
        checkpoint: where a killed run left off.
        logs: folder for TensorBoard; it may lie in object storage.
        cache: of the features of the backbone as it starts.

    Attributes:
        train_vectors: pooled features of the train split in file order, [n, D], where they were
            computed for the last phase; else None.
        eval_views: likewise of the eval split, for each view that answers are averaged over.
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
        """Runs the phases that are not done yet and puts the best weights into the network.

        Returns:
            Phase → logs of each epoch.
        """
        for phase in self._phases:
            if phase.name not in self._checkpoint.state.finished_phases:
                self._run(phase)
                self._checkpoint.finish_phase(phase.name)
            self._checkpoint.load_best(self._learning)
        return self._checkpoint.state.history

    @property
    def _learning(self) -> keras.Model:
        """What training changes: a frozen backbone, many times as large, stays as it is."""
        if any(phase.layers for phase in self._phases):
            return self._network.classifier
        return self._network.head

    def refit(self) -> None:
        """Lets the head learn anew from train and eval, for as many epochs as were best before.

        Does nothing unless the recipe wants it. The eval split tells nothing about the network
        afterwards: what it is asked for must have been asked before.
        """
        if not self._training.refit:
            return
        (phase,) = self._phases
        found = [self._features(name, phase.mirrored) for name in ("train", "eval")]
        features, labels = (np.concatenate(parts) for parts in zip(*found, strict=True))
        self._network.head.set_weights(self._start)
        trainee, train = self._on_features(features, labels)
        steps = self._steps(labels)
        self._compile(trainee, phase.rate, phase.epochs * steps)
        best = self._checkpoint.best_epoch(phase.name)
        trainee.fit(
            train,
            epochs=best,
            steps_per_epoch=steps if self._training.balance == "sampling" else None,
            class_weight=self._class_weight(labels),
            verbose=0,
            callbacks=[ReportEpochs("refit", best, steps)],
        )

    def _run(self, phase: Phase) -> None:
        trainee, train, eval_split, labels = self._material(phase)
        steps = self._steps(labels)
        self._compile(trainee, phase.rate, phase.epochs * steps)
        watchers = stopping_callbacks(self._training)
        trainee.fit(
            train,
            validation_data=eval_split,
            initial_epoch=len(self._checkpoint.epochs_done(phase.name)),
            epochs=phase.epochs,
            steps_per_epoch=steps if self._training.balance == "sampling" else None,
            class_weight=self._class_weight(labels),
            verbose=0,
            callbacks=[
                *watchers,
                keras.callbacks.TensorBoard(f"{self._logs}/{phase.name}", write_graph=False),
                ReportEpochs(phase.name, phase.epochs, steps),
                SaveAndResume(self._checkpoint, self._learning, phase.name, watchers),
            ],
        )

    def _material(
        self, phase: Phase
    ) -> tuple[keras.Model, tf.data.Dataset, tf.data.Dataset, NDArray[np.int64]]:
        """Returns what is trained in a phase, on what, what it is watched on, the labels."""
        for backbone in self._network.backbones:
            freeze(backbone, phase.layers, self._model.pretrained)
        if phase.on_features:
            return self._features_material(phase)
        if self._model.standardise and phase.name == HEAD:
            set_statistics(self._network.head, self._features("train", mirrored=False)[0])
        training, labels = self._training, self._train.labels
        eval_split = self._eval.batches(training.batch_size)
        copies = phase.augmented and training.balance == "augmented_copies"
        trainee = _with_augmentation(self._network.classifier, training, phase.augmented, copies)
        if copies:
            eval_split = eval_split.map(_no_copies)
        return trainee, self._train.training_batches(training, copies), eval_split, labels

    def _features_material(
        self, phase: Phase
    ) -> tuple[keras.Model, tf.data.Dataset, tf.data.Dataset, NDArray[np.int64]]:
        features, labels = self._features("train", phase.mirrored)
        if phase is self._phases[-1]:
            self.train_vectors = features[: len(self._train.labels)]
        trainee, train = self._on_features(features, labels)
        seen, truth = self._features("eval", self._network.mirrors)
        count = len(self._eval.labels)  # without mirror images
        if phase is self._phases[-1]:
            self.eval_views = np.split(seen, len(seen) // count)
        watched = as_examples(seen[:count], truth[:count], self._classes)
        return trainee, train, watched.batch(self._training.batch_size), labels

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
        return math.ceil(times_of_each(labels, self._training).sum() / self._training.batch_size)

    def _compile(self, trainee: keras.Model, rate: float, steps: int) -> None:
        trainee.compile(
            optimizer=keras.optimizers.Adam(learning_rate(self._training, rate, steps)),
            loss=build_loss(self._training),
            metrics=["accuracy", BalancedAccuracy(self._classes)],
        )

    def _class_weight(self, labels: NDArray[np.int64]) -> dict[int, float] | None:
        if self._training.balance != "weights":
            return None
        return class_weights(labels, self._classes)


def freeze(backbone: keras.Model, layers: int, pretrained: bool) -> None:
    """Lets the top `layers` of the backbone learn (0: none, -1: all).

    The batch norms of a pretrained backbone stay frozen whatever else learns.
    """
    backbone.trainable = layers != 0
    if layers > 0:
        for layer in backbone.layers[:-layers]:
            layer.trainable = False
    if pretrained:
        for layer in backbone.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False


def _with_augmentation(
    classifier: keras.Model, training: TrainingSection, augmented: bool, copies: bool
) -> keras.Model:
    """Returns a model that shares the classifier's weights and may change its input first.

    With `copies` it takes pixels and marks, bool [B], and changes what is marked.
    """
    pixels = keras.Input(classifier.input_shape[1:])
    section, size = training.augmentation, classifier.input_shape[1]
    augmentation = build_augmentation(section, size, training.seed) if augmented else None
    if augmentation is None:
        return keras.Model(pixels, classifier(pixels), name="trainee")
    if not copies:
        return keras.Model(pixels, classifier(augmentation(pixels)), name="trainee")
    changed = augment_marked(augmentation, classifier.input_shape[1:])
    return keras.Model(changed.inputs, classifier(changed.output), name="trainee")


def augment_marked(augmentation: keras.Model, shape: tuple[int, ...]) -> keras.Model:
    """Returns (pixels [B, *shape], marks bool [B]) → pixels, those changed that are marked."""
    pixels, marks = keras.Input(shape), keras.Input((), dtype="bool")
    marked = keras.ops.reshape(marks, (-1, 1, 1, 1))
    chosen = keras.ops.where(marked, augmentation(pixels), pixels)
    return keras.Model([pixels, marks], chosen, name="augmented_copies")


def _no_copies(
    pixels: tf.Tensor, label: tf.Tensor
) -> tuple[tuple[tf.Tensor, tf.Tensor], tf.Tensor]:
    return (pixels, tf.zeros(tf.shape(pixels)[:1], tf.bool)), label
