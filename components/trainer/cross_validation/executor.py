"""Trains the model of a fold, and predicts the images of that fold."""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow_transform as tft
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.artifacts import OUT_OF_FOLD
from components.recipe.data import SPLITS, DataSection, Fold
from components.recipe.training import TrainingSection
from components.storage.examples import open_writer
from components.storage.split_files import declare_splits, split_files
from components.trainer.cross_validation.parts import (
    parts_of,
    pixel_statistics,
    read_facts,
    write_parts,
)
from components.trainer.cross_validation.predict import predictions_of
from components.trainer.export import Exporter
from components.trainer.train_network import Trained, train_network
from components.training.checkpoint import Checkpoint, state_folder
from components.training.dataset import TransformedSplit


class Executor(base_executor.BaseExecutor):
    """Fills `predictions` from the model of a fold."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Trains, predicts and writes; see `predict_fold`.

        Raises:
            DataError: the patients of a class are too few for the folds.
        """
        config = json.loads(exec_properties["config"])
        fold = Fold(of=config["folds"], number=exec_properties["fold"])
        (predictions,) = output_dict["predictions"]
        declare_splits(predictions, [OUT_OF_FOLD])
        examples = input_dict["examples"]
        images = FoldImages(
            artifact_utils.get_single_uri(examples),
            split_files(examples, *SPLITS),
            split_files(input_dict["transformed_examples"], *SPLITS),
            artifact_utils.get_single_uri(input_dict["transform_graph"]),
        )
        logs = artifact_utils.get_single_uri(output_dict["model_run"])
        target = artifact_utils.get_split_uri([predictions], OUT_OF_FOLD)
        fileio.makedirs(target)
        predict_fold(config, images, fold, os.path.join(target, f"fold-{fold.number}.gz"), logs)


@dataclass(frozen=True)
class FoldImages:
    """Where the images of all folds are.

    Attributes:
        examples: folder of the artifact of the raw Examples.
        raw: files of the raw Examples, of all splits.
        transformed: files of the transformed Examples, of all splits.
        graph: folder of the transform graph.
    """

    examples: str
    raw: Sequence[str]
    transformed: Sequence[str]
    graph: str


def predict_fold(
    config: dict[str, Any], images: FoldImages, fold: Fold, path: str, logs: str
) -> Trained:
    """Trains the model of a fold, and writes its predictions for the images of that fold.

    Args:
        config: the Trainer's `custom_config`, with the number of `folds`.
        images: of all folds.
        fold: which one.
        path: file to write, a GZIP TFRecord.
        logs: folder for TensorBoard.
    """
    data = DataSection.model_validate(config["data"])
    monitor = TrainingSection.model_validate(config["training"]).early_stopping.monitor
    identity = (config, fold.number, sorted(images.raw), sorted(images.transformed), images.graph)
    checkpoint = Checkpoint(state_folder(config["checkpoints"], *identity), monitor)
    facts = read_facts(images.examples)
    part_of = parts_of(facts, data, fold)
    statistics = pixel_statistics([one for one in facts if part_of[one.filename] == "train"])
    with tempfile.TemporaryDirectory() as folder:
        files = write_parts(images.transformed, part_of, statistics, Path(folder))
        train, eval_split = (TransformedSplit((files[part],), data) for part in ("train", "eval"))
        trained = train_network(config, train, eval_split, checkpoint, logs)

    # === Predictions, as the exported model would give them ===
    transform = tft.TFTransformOutput(images.graph).transform_features_layer()
    exporter = Exporter(trained.network, transform, data, trained.uncertainty)
    tested = {name for name, part in part_of.items() if part == "test"}
    serve_examples = exporter.signatures()["serve_examples"]
    with open_writer(path) as writer:
        for record in predictions_of(serve_examples, images.raw, tested, fold.number):
            writer.write(record)
    checkpoint.remove()
    return trained
