import math

import numpy as np
import pytest
import tensorflow as tf

from components.imaging.measures.stored import FOLDER
from components.recipe.data import Fold
from components.runtime.errors import DataError
from components.storage.examples import records, to_example
from components.trainer.cross_validation.parts import (
    ExampleFacts,
    parts_of,
    pixel_statistics,
    read_facts,
    write_parts,
)
from tests.data_section import data_section
from tests.tf_examples import write_examples

DATA = data_section()


def cohort(patients: int = 20, images: int = 3) -> list[ExampleFacts]:
    return [
        ExampleFacts(f"{number}-{image}.png", "ab"[number % 2], f"P{number}", 10.0 * number, 5.0)
        for number in range(patients)
        for image in range(images)
    ]


def test_a_class_that_a_fold_could_not_learn_is_refused():
    # Both patients of b: in two folds one is tested, and the other can't be in train and in eval.
    images = [image for image in cohort() if image.label == "a" or image.patient in ("P1", "P3")]
    with pytest.raises(DataError, match="no image of class 'b' is left for"):
        parts_of(images, DATA, Fold(of=2, number=1))


def test_the_statistics_are_those_of_all_pixels():
    generator = np.random.default_rng(0)
    pixels = [generator.integers(0, 256, (8, 8)) for _ in range(5)]
    facts = [ExampleFacts("", "", "", float(one.mean()), float(one.std())) for one in pixels]
    assert pixel_statistics(facts) == pytest.approx((np.mean(pixels), np.std(pixels)))
    assert pixel_statistics([ExampleFacts("", "", "", 7.0, 0.0)]) == (7.0, 1.0)


def test_a_fold_learns_nothing_of_the_images_that_it_is_tested_on(tmp_path):
    images = cohort()
    stored = ({"example": to_example(vars(one)).SerializeToString()} for one in images)
    write_examples(tmp_path / FOLDER / "1.gz", stored)
    moments = {"pixel_mean": 0.5, "pixel_std": 0.5}
    rows = ({"filename": one.filename, **moments} for one in images)
    transformed = write_examples(tmp_path / "transformed.gz", rows)
    assert read_facts(str(tmp_path)) == images
    part_of = parts_of(images, DATA, Fold(of=2, number=1))
    paths = write_parts([transformed], part_of, (1.5, 2.5), tmp_path)
    assert set(paths) == {"train", "eval"}
    for part, path in paths.items():
        found = [tf.train.Example.FromString(one) for one in records([path]).as_numpy_iterator()]
        names = {one.features.feature["filename"].bytes_list.value[0].decode() for one in found}
        assert names == {name for name, of in part_of.items() if of == part}
        for example in found:
            features = example.features.feature
            assert math.isclose(features["pixel_mean"].float_list.value[0], 1.5)
            assert list(features["pixel_std"].float_list.value) == [2.5]
