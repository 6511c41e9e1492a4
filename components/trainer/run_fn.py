"""The `run_fn` of TFX's Trainer node."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft

# Not `tfx.v1`, which imports the Google Cloud extensions too: seconds more for the node.
from tfx.components.trainer.fn_args_utils import FnArgs

from components.artifacts import HISTORY_FILE
from components.network.network import Network, build_network
from components.recipe.data import DataSection
from components.recipe.model import ModelSection
from components.recipe.serving import ServingSection
from components.recipe.training import TrainingSection
from components.saved_model.reference_predictions import predict_sample, save_predictions
from components.trainer.export import Exporter
from components.trainer.uncertainty import measure_uncertainty
from components.training.checkpoint import Checkpoint
from components.training.compute import compute_setup
from components.training.dataset import TransformedSplit
from components.training.feature_cache import FeatureCache, identity_of
from components.training.fit import Fitter
from components.training.phases import head_alone
from components.uncertainty.summary import UNCERTAINTY_FILE

_log = logging.getLogger("medtfx.trainer")
# The keys that decide the features of a backbone, in addition to its weights.
_OF_FEATURES = {"backbone", "alpha", "size", "contrast", "levels", "pooling", "normalisation"}


def run_fn(fn_args: FnArgs) -> None:
    """Trains a network and exports it.

    Writes the SavedModel, and beside the TensorBoard logs `history.json` (phase → logs of each
    epoch), `uncertainty.json` (temperature and thresholds, see `measure_uncertainty`) and
    `predictions.csv` (the predictions of the network for a few images of the eval split).

    Args:
        fn_args: from TFX. `custom_config` holds the sections `data`, `model`, `training` and
            `serving` of the recipe as plain values, their `recipe`, the hash `source` of the code,
            and `checkpoints`, the folder for the state of unfinished trainings.

    Raises:
        RecipeError: see `build_network`.
        WeightsError: see `build_network`.
    """
    # === Recipe and examples ===
    config = fn_args.custom_config
    data = DataSection.model_validate(config["data"])
    model = ModelSection.model_validate(config["model"])
    training = TrainingSection.model_validate(config["training"])
    serving = ServingSection.model_validate(config["serving"])

    train = TransformedSplit.matching(fn_args.train_files, data)
    eval_split = TransformedSplit.matching(fn_args.eval_files, data)
    checkpoint = Checkpoint(_checkpoint_folder(fn_args, config), training.early_stopping.monitor)
    logs = fn_args.model_run_dir
    keras.utils.set_random_seed(training.seed)

    # === Training ===
    with compute_setup(training):
        statistics = train.pixel_statistics()
        frozen = head_alone(model, training)
        network = build_network(model, data, *statistics, frozen=frozen)
        _log.info("%s: %s", model.title, network.weights)
        cache = _feature_cache(network, model, statistics, config) if model.pretrained else None
        fitter = Fitter(network, model, training, train, eval_split, checkpoint, logs, cache)
        history = fitter.fit()
        uncertainty = measure_uncertainty(
            network,
            train,
            eval_split,
            serving.uncertainty,
            fitter.train_vectors,
            fitter.eval_views,
        )
        fitter.refit()
        network = network if frozen else network.for_prediction()

    # === Export ===
    save_predictions(
        predict_sample(
            lambda pixels: uncertainty.calibrated(network.predict(pixels)[1]), eval_split
        ),
        logs,
    )
    transform = tft.TFTransformOutput(fn_args.transform_output).transform_features_layer()
    recipe = {name: config[name] for name in ("recipe", "data", "model", "training", "serving")}
    Exporter(network, transform, data, uncertainty).save(fn_args.serving_model_dir, recipe)
    for name, text in (
        (HISTORY_FILE, json.dumps(history, indent=2)),
        (UNCERTAINTY_FILE, uncertainty.summary.to_json()),
    ):
        with tf.io.gfile.GFile(f"{logs}/{name}", "w") as file:
            file.write(text)
    checkpoint.remove()


def _checkpoint_folder(fn_args: FnArgs, config: dict[str, Any]) -> Path:
    """Returns a folder whose name depends on all that decides the result of the training."""
    identity = [
        config,
        sorted(fn_args.train_files),
        sorted(fn_args.eval_files),
        fn_args.transform_output,
    ]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    return Path(config["checkpoints"], digest)


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
