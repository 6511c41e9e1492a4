"""The `run_fn` of TFX's Trainer node."""

import json

import tensorflow as tf
import tensorflow_transform as tft

# Not `tfx.v1`, which imports the Google Cloud extensions too: seconds more for the node.
from tfx.components.trainer.fn_args_utils import FnArgs

from components.artifacts import HISTORY_FILE
from components.recipe.data import DataSection
from components.recipe.training import TrainingSection
from components.saved_model.reference_predictions import predict_sample, save_predictions
from components.trainer.export import Exporter
from components.trainer.train_network import train_network
from components.training.checkpoint import Checkpoint, state_folder
from components.training.dataset import TransformedSplit
from components.uncertainty.summary import UNCERTAINTY_FILE

# Keys of `custom_config` that travel with the model.
_IN_MODEL = ("recipe", "data", "model", "training", "serving", "folds")


def run_fn(fn_args: FnArgs) -> None:
    """Trains a network and exports it.

    Writes the SavedModel, and beside the TensorBoard logs `history.json` (phase → logs of each
    epoch), `uncertainty.json` (temperature and thresholds, see `measure_uncertainty`) and
    `predictions.csv` (the predictions of the network for a few images of the eval split).

    Args:
        fn_args: from TFX. `custom_config` holds the sections `data`, `model`, `training` and
            `serving` of the recipe as plain values, their `recipe`, the hash `source` of the code,
            `checkpoints`, the folder for the state of unfinished trainings, and `folds`, the number
            of folds that decide, or None: with folds the model is trained on the test split too.

    Raises:
        RecipeError: see `build_network`.
        WeightsError: see `build_network`.
    """
    # === Recipe and examples ===
    config = fn_args.custom_config
    data = DataSection.model_validate(config["data"])
    train = TransformedSplit.matching(fn_args.train_files, data)
    eval_split = TransformedSplit.matching(fn_args.eval_files, data)
    monitor = TrainingSection.model_validate(config["training"]).early_stopping.monitor
    files = sorted(fn_args.train_files), sorted(fn_args.eval_files)
    folder = state_folder(config["checkpoints"], config, *files, fn_args.transform_output)
    checkpoint = Checkpoint(folder, monitor)
    logs = fn_args.model_run_dir

    # === Training ===
    trained = train_network(config, train, eval_split, checkpoint, logs)
    network, uncertainty = trained.network, trained.uncertainty

    # === Export ===
    save_predictions(
        predict_sample(
            lambda pixels: uncertainty.calibrated(network.predict(pixels)[1]), eval_split
        ),
        logs,
    )
    transform = tft.TFTransformOutput(fn_args.transform_output).transform_features_layer()
    recipe = {name: config[name] for name in _IN_MODEL}
    Exporter(network, transform, data, uncertainty).save(fn_args.serving_model_dir, recipe)
    for name, text in (
        (HISTORY_FILE, json.dumps(trained.history, indent=2)),
        (UNCERTAINTY_FILE, uncertainty.summary.to_json()),
    ):
        with tf.io.gfile.GFile(f"{logs}/{name}", "w") as file:
            file.write(text)
    checkpoint.remove()
