"""The two phases of training: first the head, then the top of the backbone with it."""

import math
from dataclasses import dataclass

import keras
import tensorflow as tf

from components.sections import ModelSection, TrainingSection
from components.trainer.augmentation import build_augmentation
from components.trainer.backbones import is_pretrained
from components.trainer.bottleneck import head_after_pooling, pooled_features
from components.trainer.callbacks import ReportEpochs, learning_rate, stopping_callbacks
from components.trainer.checkpoint import Checkpoint, Logs, SaveAndResume
from components.trainer.dataset import TransformedSplit, arrange, class_weights
from components.trainer.metrics import BalancedAccuracy
from components.trainer.network import Network

HEAD, FINE_TUNING = "head", "fine-tuning"


@dataclass(frozen=True)
class Phase:
    """A phase of training.

    Attributes:
        name: `head` or `fine-tuning`.
        epochs: at most.
        rate: learning rate at the start.
        layers: of the backbone that learn, from the top; 0 for none, -1 for all.
        augmented: whether the images are changed at random.
    """

    name: str
    epochs: int
    rate: float
    layers: int
    augmented: bool

    @property
    def on_features(self) -> bool:
        """Whether the features of the backbone are the same in every epoch."""
        return self.layers == 0 and not self.augmented


def phases(model: ModelSection, training: TrainingSection) -> list[Phase]:
    """Returns the phases of a recipe. A backbone without weights learns whole from the start."""
    frozen, augmented = is_pretrained(model), training.augmentation.any
    layers, in_head = (0, augmented and training.augment_head) if frozen else (-1, augmented)
    found = [Phase(HEAD, training.epochs, training.learning_rate, layers, in_head)]
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
    ):
        self._network, self._training = network, training
        self._train, self._eval = train, eval_split
        self._checkpoint, self._logs = checkpoint, logs
        self._phases = phases(model, training)
        self._pretrained = is_pretrained(model)
        self._steps = math.ceil(len(train.labels) / training.batch_size)

    def fit(self) -> dict[str, list[Logs]]:
        """Runs the phases that are not done yet and puts the best weights into the network.

        Returns:
            Phase → logs of each epoch.
        """
        for phase in self._phases:
            if phase.name not in self._checkpoint.state.finished_phases:
                self._run(phase)
                self._checkpoint.finish_phase(phase.name)
            self._checkpoint.load_best(self._network.classifier)
        return self._checkpoint.state.history

    def _run(self, phase: Phase) -> None:
        freeze(self._network.backbone, phase.layers, self._pretrained)
        trainee, train, eval_split = self._material(phase)
        self._compile(trainee, phase)
        watchers = stopping_callbacks(self._training)
        trainee.fit(
            train,
            validation_data=eval_split,
            initial_epoch=len(self._checkpoint.epochs_done(phase.name)),
            epochs=phase.epochs,
            steps_per_epoch=self._steps if self._training.balance == "sampling" else None,
            class_weight=self._class_weight(),
            verbose=0,
            callbacks=[
                *watchers,
                keras.callbacks.TensorBoard(f"{self._logs}/{phase.name}", write_graph=False),
                ReportEpochs(phase.name, phase.epochs, self._steps),
                SaveAndResume(self._checkpoint, self._network.classifier, phase.name, watchers),
            ],
        )

    def _material(self, phase: Phase) -> tuple[keras.Model, tf.data.Dataset, tf.data.Dataset]:
        """Returns what is trained in a phase, on what, and what it is watched on."""
        size = self._training.batch_size
        if phase.on_features:
            features = pooled_features(self._network, self._train)
            train = arrange(features, self._train.labels, self._training)
            eval_split = pooled_features(self._network, self._eval).batch(size)
            return head_after_pooling(self._network), train, eval_split
        trainee = _with_augmentation(self._network.classifier, self._training, phase.augmented)
        return trainee, self._train.training_batches(self._training), self._eval.batches(size)

    def _compile(self, trainee: keras.Model, phase: Phase) -> None:
        rate = learning_rate(self._training, phase.rate, phase.epochs * self._steps)
        trainee.compile(
            optimizer=keras.optimizers.Adam(rate),
            loss=keras.losses.CategoricalCrossentropy(
                label_smoothing=self._training.label_smoothing
            ),
            metrics=["accuracy", BalancedAccuracy(len(self._train.data.classes))],
        )

    def _class_weight(self) -> dict[int, float] | None:
        if self._training.balance != "weights":
            return None
        return class_weights(self._train.labels, len(self._train.data.classes))


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
    classifier: keras.Model, training: TrainingSection, augmented: bool
) -> keras.Model:
    """Returns a model that shares the classifier's weights and may change its input first."""
    inputs = keras.Input(classifier.input_shape[1:])
    augmentation = build_augmentation(training.augmentation, training.seed) if augmented else None
    changed = augmentation(inputs) if augmentation else inputs
    return keras.Model(inputs, classifier(changed), name="trainee")
