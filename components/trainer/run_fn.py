"""The `run_fn` of TFX's Trainer node."""

import contextlib
import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import tensorflow_transform as tft
from tfx import v1 as tfx

from components.sections import DataSection, ModelSection, ServingSection, TrainingSection
from components.trainer.checkpoint import Checkpoint
from components.trainer.dataset import TransformedSplit
from components.trainer.export import Exporter
from components.trainer.fit import Fitter
from components.trainer.network import Network, build_network
from components.trainer.predictions import predict_sample, save_predictions

_log = logging.getLogger("medtfx.trainer")
HISTORY_FILE = "history.json"


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trains and exports.

    Args:
        fn_args: from TFX. `custom_config` holds the recipe's sections `data`, `model`, `training`
            and `serving` in plain values, and `checkpoints`, the folder for restartable state.

    Writes the SavedModel, and next to the TensorBoard logs `history.json` (phase → logs of each
    epoch) and `predictions.csv` (what the network answers for a few images of the eval split).
    """
    config = fn_args.custom_config
    data = DataSection.model_validate(config["data"])
    model = ModelSection.model_validate(config["model"])
    training = TrainingSection.model_validate(config["training"])

    train = TransformedSplit(_matches(fn_args.train_files), data)
    eval_split = TransformedSplit(_matches(fn_args.eval_files), data)
    checkpoint = Checkpoint(_checkpoint_folder(fn_args, config), training.early_stopping.monitor)
    logs = fn_args.model_run_dir
    keras.utils.set_random_seed(training.seed)

    with _compute(training):
        network = build_network(model, data, *train.pixel_statistics())
        _log.info("%s: %s", model.title, network.weights)
        fitter = Fitter(network, model, training, train, eval_split, checkpoint, logs)
        history = fitter.fit()
    save_predictions(predict_sample(network.served, eval_split), logs)
    _export(fn_args, network, data, config)
    with tf.io.gfile.GFile(f"{logs}/{HISTORY_FILE}", "w") as file:
        file.write(json.dumps(history, indent=2))
    checkpoint.remove()


def _matches(patterns: list[str]) -> tuple[str, ...]:
    return tuple(sorted(path for pattern in patterns for path in tf.io.gfile.glob(pattern)))


def _checkpoint_folder(fn_args: tfx.components.FnArgs, config: dict[str, Any]) -> Path:
    """Names the folder by everything that decides the result: another training, another folder."""
    identity = [
        config,
        sorted(fn_args.train_files),
        sorted(fn_args.eval_files),
        fn_args.transform_output,
    ]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    return Path(config["checkpoints"], digest)


@contextlib.contextmanager
def _compute(training: TrainingSection) -> Iterator[None]:
    policy = "mixed_float16" if training.mixed_precision else "float32"
    strategy = tf.distribute.MirroredStrategy() if training.strategy == "mirrored" else None
    keras.mixed_precision.set_global_policy(policy)
    try:
        with strategy.scope() if strategy else contextlib.nullcontext():
            yield
    finally:
        keras.mixed_precision.set_global_policy("float32")


def _export(
    fn_args: tfx.components.FnArgs, network: Network, data: DataSection, config: dict[str, Any]
) -> None:
    transform = tft.TFTransformOutput(fn_args.transform_output).transform_features_layer()
    serving = ServingSection.model_validate(config["serving"])
    recipe = {name: config[name] for name in ("recipe", "data", "model", "training", "serving")}
    Exporter(network, transform, data, serving).save(fn_args.serving_model_dir, recipe)
