"""The two phases of training: first the head, then the top of the backbone with it."""

import math
from dataclasses import dataclass
from pathlib import Path

import keras

from components.sections import ModelSection, TrainingSection
from components.trainer.augmentation import build_augmentation
from components.trainer.backbones import is_pretrained
from components.trainer.callbacks import ReportEpochs, learning_rate, stopping_callbacks
from components.trainer.checkpoint import Checkpoint, Logs, SaveAndResume
from components.trainer.dataset import TransformedSplit, class_weights
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
    """

    name: str
    epochs: int
    rate: float
    layers: int


def phases(model: ModelSection, training: TrainingSection) -> list[Phase]:
    """Returns the phases of a recipe. A backbone without weights learns whole from the start."""
    frozen = is_pretrained(model)
    found = [Phase(HEAD, training.epochs, training.learning_rate, 0 if frozen else -1)]
    tuning = training.fine_tuning
    if frozen and tuning.epochs:
        layers = -1 if tuning.layers == "all" else int(tuning.layers)
        found.append(Phase(FINE_TUNING, tuning.epochs, tuning.learning_rate, layers))
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
        logs: folder for TensorBoard.
    """

    def __init__(
        self,
        network: Network,
        model: ModelSection,
        training: TrainingSection,
        train: TransformedSplit,
        eval_split: TransformedSplit,
        checkpoint: Checkpoint,
        logs: Path,
    ):
        self._network, self._training = network, training
        self._train, self._eval = train, eval_split
        self._checkpoint, self._logs = checkpoint, logs
        self._phases = phases(model, training)
        self._pretrained = is_pretrained(model)
        self._steps = math.ceil(len(train.labels) / training.batch_size)
        self._trainee = _with_augmentation(network.classifier, training)

    def fit(self) -> dict[str, list[Logs]]:
        """Runs the phases that are not done yet and puts the best weights into the network.

        Returns:
            Phase → logs of each epoch.
        """
        first = 0
        for phase in self._phases:
            if phase.name not in self._checkpoint.state.finished_phases:
                self._run(phase, first)
                self._checkpoint.finish_phase(phase.name)
            self._checkpoint.load_best(self._network.classifier)
            first += phase.epochs
        return self._checkpoint.state.history

    def _run(self, phase: Phase, first: int) -> None:
        freeze(self._network.backbone, phase.layers, self._pretrained)
        self._compile(phase)
        watchers = stopping_callbacks(self._training)
        total = sum(other.epochs for other in self._phases)
        self._trainee.fit(
            self._train.training_batches(self._training),
            validation_data=self._eval.batches(self._training.batch_size),
            initial_epoch=len(self._checkpoint.epochs_done(phase.name)),
            epochs=phase.epochs,
            steps_per_epoch=self._steps if self._training.balance == "sampling" else None,
            class_weight=self._class_weight(),
            verbose=0,
            callbacks=[
                *watchers,
                keras.callbacks.TensorBoard(self._logs / phase.name, write_graph=False),
                ReportEpochs(phase.name, first, total, self._steps),
                SaveAndResume(self._checkpoint, self._network.classifier, phase.name, watchers),
            ],
        )

    def _compile(self, phase: Phase) -> None:
        rate = learning_rate(self._training, phase.rate, phase.epochs * self._steps)
        self._trainee.compile(
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


def _with_augmentation(classifier: keras.Model, training: TrainingSection) -> keras.Model:
    """Returns a model that shares the classifier's weights and changes its input first."""
    augmentation = build_augmentation(training.augmentation, training.seed)
    inputs = keras.Input(classifier.input_shape[1:])
    augmented = augmentation(inputs) if augmentation else inputs
    return keras.Model(inputs, classifier(augmented), name="trainee")
