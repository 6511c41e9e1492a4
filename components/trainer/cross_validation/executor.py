"""Trains the models of the folds in turn; a fold that is finished is not trained again."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import tensorflow_transform as tft
from tfx import types
from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.artifacts import OUT_OF_FOLD
from components.recipe.data import SPLITS, DataSection, Fold
from components.recipe.training import TrainingSection
from components.runtime import progress
from components.storage.examples import open_writer
from components.storage.split_files import declare_splits, split_files
from components.trainer.cross_validation.parts import (
    ExampleFacts,
    parts_of,
    pixel_statistics,
    read_facts,
    write_parts,
)
from components.trainer.cross_validation.predict import predictions_of
from components.trainer.export import Exporter
from components.trainer.train_network import train_network
from components.training.checkpoint import Checkpoint
from components.training.dataset import TransformedSplit


class Executor(base_executor.BaseExecutor):
    """Fills `predictions` from the models of all folds."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Trains, predicts and writes; see `cross_validate`.

        Raises:
            DataError: the patients of a class are too few for the folds.
        """
        config = json.loads(exec_properties["config"])
        (predictions,) = output_dict["predictions"]
        declare_splits(predictions, [OUT_OF_FOLD])
        images = FoldImages(
            split_files(input_dict["examples"], *SPLITS),
            split_files(input_dict["transformed_examples"], *SPLITS),
            artifact_utils.get_single_uri(input_dict["transform_graph"]),
        )
        logs = artifact_utils.get_single_uri(output_dict["model_run"])
        kept = _kept_folder(config, images)
        target = artifact_utils.get_split_uri([predictions], OUT_OF_FOLD)
        fileio.makedirs(target)
        for path in cross_validate(config, images, kept, logs):
            fileio.copy(str(path), os.path.join(target, path.name))
        shutil.rmtree(kept, ignore_errors=True)


@dataclass(frozen=True)
class FoldImages:
    """Where the images of all folds are.

    Attributes:
        raw: files of the raw Examples, of all splits.
        transformed: files of the transformed Examples, of all splits.
        graph: folder of the transform graph.
    """

    raw: Sequence[str]
    transformed: Sequence[str]
    graph: str

    @cached_property
    def facts(self) -> list[ExampleFacts]:
        """What decides the parts of all images; reads the raw Examples once for all folds."""
        return read_facts(self.raw)


def cross_validate(config: dict[str, Any], images: FoldImages, kept: Path, logs: str) -> list[Path]:
    """Trains and predicts fold after fold, and returns the file of each one's predictions.

    Args:
        config: the Trainer's `custom_config`, with the number of `folds`.
        images: of all folds.
        kept: local folder for finished predictions and the state of an unfinished training.
        logs: folder for TensorBoard.
    """
    paths = []
    for number in range(1, config["folds"] + 1):
        fold = Fold(of=config["folds"], number=number)
        path = kept / f"fold-{number}.gz"
        with progress.within(f"fold {number} of {fold.of}"):
            if not path.exists():
                _predict_fold(config, images, fold, path, os.path.join(logs, path.stem))
        paths.append(path)
    return paths


def _predict_fold(
    config: dict[str, Any], images: FoldImages, fold: Fold, path: Path, logs: str
) -> None:
    """Trains the model of a fold, and writes its predictions for the images of that fold."""
    # === Images ===
    data = DataSection.model_validate(config["data"])
    part_of = parts_of(images.facts, data, fold)
    learned = [one for one in images.facts if part_of[one.filename] == "train"]
    statistics = pixel_statistics(learned)
    work = path.with_suffix("")
    work.mkdir(parents=True, exist_ok=True)
    files = write_parts(images.transformed, part_of, statistics, work)
    train, eval_split = (TransformedSplit((files[part],), data) for part in ("train", "eval"))

    # === Training ===
    keras.utils.clear_session()
    monitor = TrainingSection.model_validate(config["training"]).early_stopping.monitor
    checkpoint = Checkpoint(work / "checkpoint", monitor)
    trained = train_network(config, train, eval_split, checkpoint, logs)

    # === Predictions, as the exported model would give them ===
    transform = tft.TFTransformOutput(images.graph).transform_features_layer()
    exporter = Exporter(trained.network, transform, data, trained.uncertainty)
    tested = {name for name, part in part_of.items() if part == "test"}
    serve_examples = exporter.signatures()["serve_examples"]
    unfinished = work / path.name
    with open_writer(str(unfinished)) as writer:
        for record in predictions_of(serve_examples, images.raw, tested, fold.number):
            writer.write(record)
    unfinished.replace(path)
    shutil.rmtree(work)


def _kept_folder(config: dict[str, Any], images: FoldImages) -> Path:
    """Returns a folder whose name depends on all that decides the predictions."""
    identity = [config, sorted(images.raw), sorted(images.transformed), images.graph]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]
    return Path(config["checkpoints"], f"folds-{digest}")
