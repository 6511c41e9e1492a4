"""Trains a network by a recipe: the model of a run, or that of one fold."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from components.network.network import Network, build_network
from components.recipe.model import ModelSection
from components.recipe.serving import ServingSection
from components.recipe.training import TrainingSection
from components.trainer.uncertainty import MeasuredUncertainty, measure_uncertainty
from components.training.checkpoint import Checkpoint
from components.training.compute import compute_setup
from components.training.dataset import TransformedSplit
from components.training.feature_cache import FeatureCache, identity_of
from components.training.fit import Fitter
from components.training.phases import head_alone

_log = logging.getLogger("medtfx.trainer")
# The keys that decide the features of a backbone, in addition to its weights.
_OF_FEATURES = {"backbone", "alpha", "size", "contrast", "levels", "pooling", "normalisation"}


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        network: with the weights that are exported.
        uncertainty: how its probabilities are calibrated, and which predictions are uncertain.
        history: phase → logs of each epoch.
    """

    network: Network
    uncertainty: MeasuredUncertainty
    history: Mapping[str, Sequence[Mapping[str, float]]]


def train_network(
    config: dict[str, Any],
    train: TransformedSplit,
    eval_split: TransformedSplit,
    checkpoint: Checkpoint,
    logs: str,
) -> Trained:
    """Trains a network and measures its uncertainty; no other images are looked at.

    Args:
        config: the Trainer's `custom_config`, see `run_fn`.
        train: the images that it learns from.
        eval_split: the images that choose the epoch, the temperature and the thresholds.
        checkpoint: state of an earlier training that was killed, or an empty one.
        logs: folder for TensorBoard.

    Raises:
        RecipeError: see `build_network`.
        WeightsError: see `build_network`.
    """
    model = ModelSection.model_validate(config["model"])
    training = TrainingSection.model_validate(config["training"])
    serving = ServingSection.model_validate(config["serving"])
    keras.utils.clear_session()  # of the folds that this process may have trained before
    keras.utils.set_random_seed(training.seed)
    with compute_setup(training):
        statistics = train.pixel_statistics()
        frozen = head_alone(model, training)
        network = build_network(model, train.data, *statistics, frozen=frozen)
        _log.info("%s: %s", model.title, network.weights)
        cache = _feature_cache(network, model, statistics, config) if model.pretrained else None
        fitter = Fitter(network, model, training, train, eval_split, checkpoint, logs, cache)
        history = fitter.fit()
        network = network if frozen else network.for_prediction()
        uncertainty = measure_uncertainty(
            network,
            train,
            eval_split,
            serving.uncertainty,
            fitter.train_vectors,
            fitter.eval_views,
        )
        fitter.refit()
    return Trained(network, uncertainty, history)


def _feature_cache(
    network: Network, model: ModelSection, statistics: tuple[float, float], config: dict[str, Any]
) -> FeatureCache:
    """Opens the cache of the features that these backbones gave in earlier trainings."""
    settings = {
        "networks": [one.model_dump(include=_OF_FEATURES) for one in model.networks],
        "statistics": statistics if model.normalisation == "dataset" else None,
        "shape": network.classifier.input_shape[1:],
        "source": config["source"],
    }
    folder = Path(config["checkpoints"], "features")
    return FeatureCache(folder, identity_of(network.features, settings))
