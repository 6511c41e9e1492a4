"""The images of a fold's model: what it learns from, what chooses its epoch, what it predicts."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from components.folds.deal import assign
from components.imaging.measures.stored import features_without_image
from components.recipe.data import SPLITS, DataSection, Fold
from components.runtime.errors import DataError
from components.storage.examples import open_writer, records

_LEAST = 1.0  # of the standard deviation: it divides, as in Transform


@dataclass(frozen=True)
class ExampleFacts:
    """What decides the part of an image, and the statistics of a part.

    Attributes:
        filename: relative path in the data folder.
        label: its class.
        patient: keyed hash.
        mean: of its grey values, in 0..255.
        std: of its grey values.
    """

    filename: str
    label: str
    patient: str
    mean: float
    std: float


def read_facts(examples: str) -> list[ExampleFacts]:
    """Reads the facts of all images from what is stored beside them, in the artifact's folder."""
    return [
        ExampleFacts(
            filename=_text(values["filename"]),
            label=_text(values["label"]),
            patient=_text(values["patient"]),
            mean=values["mean"],
            std=values["std"],
        )
        for values in features_without_image(examples)
    ]


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def parts_of(images: Sequence[ExampleFacts], data: DataSection, fold: Fold) -> dict[str, str]:
    """Returns filename → `train`, `eval` or `test` for the model of a fold.

    Args:
        images: all.
        data: the recipe's section: classes, shares of train and eval, seed.
        fold: whose images become `test`.

    Raises:
        DataError: a class has no image to learn from, or none to choose the epoch by.
    """
    pairs = [(image.label, image.patient) for image in images]
    of_patient = assign(pairs, fold, data.split, data.split_seed)
    counts = Counter((image.label, of_patient[image.patient]) for image in images)
    for label in data.classes:
        for part in ("train", "eval"):
            if not counts[label, part]:
                raise DataError(
                    f"In fold {fold.number} of {fold.of} no image of class {label!r} is left for "
                    f"{part}. Add images of other patients, use another number of folds "
                    "(evaluation.folds), or deal them otherwise (data.split_seed)."
                )
    return {image.filename: of_patient[image.patient] for image in images}


def pixel_statistics(images: Sequence[ExampleFacts]) -> tuple[float, float]:
    """Returns mean and standard deviation of all grey values, each image counted alike.

    As Transform computes them for the train split: those of all images would hold something of the
    images that the model is to predict.
    """
    mean = sum(image.mean for image in images) / len(images)
    square = sum(image.mean**2 + image.std**2 for image in images) / len(images)
    return mean, max(math.sqrt(max(square - mean**2, 0.0)), _LEAST)


def write_parts(
    transformed: Iterable[str],
    part_of: Mapping[str, str],
    statistics: tuple[float, float],
    folder: Path,
) -> dict[str, str]:
    """Writes the transformed Examples that a fold's model is trained with.

    Args:
        transformed: GZIP TFRecords of all splits.
        part_of: filename → part.
        statistics: mean and standard deviation that replace those in the Examples.
        folder: for the files.

    Returns:
        `train` and `eval` → path.
    """
    paths = {part: str(folder / f"{part}.gz") for part in SPLITS if part != "test"}
    with ExitStack() as opened:
        writers = {part: opened.enter_context(open_writer(path)) for part, path in paths.items()}
        for record in records(transformed).as_numpy_iterator():
            example = tf.train.Example.FromString(record)
            features = example.features.feature
            part = part_of[_text(features["filename"].bytes_list.value[0])]
            if part not in writers:
                continue
            for key, value in zip(("pixel_mean", "pixel_std"), statistics, strict=True):
                features[key].float_list.value[:] = [value]
            writers[part].write(example.SerializeToString(deterministic=True))
    return paths
