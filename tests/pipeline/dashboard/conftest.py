"""Evaluations by TFMA of predictions that stand in the examples."""

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma

from components.evaluator.eval_config import build_eval_config
from components.recipe.data import DataSection
from components.recipe.evaluation import EvaluationSection, SliceRule
from pipeline.dashboard.blocks import Evaluated, blocks_of

CLASSES = ("ill <b>", "well </script>", "neither")


@pytest.fixture(scope="session")
def evaluate(tmp_path_factory):
    """Returns a function from a run's name to its evaluation; each run has other predictions."""

    def run(name, seed):
        folder = tmp_path_factory.mktemp(name)
        _write(folder / "examples", seed)
        data = DataSection.model_validate(
            {
                "classes": CLASSES,
                "patient": {"from": "each_file"},
                "metadata": {"columns": ["site"]},
            }
        )
        evaluation = EvaluationSection(
            recall_floor=0.5, allowed_drop=None, slices={"site": SliceRule()}
        )
        config = build_eval_config(data, evaluation)
        config.model_specs[0].signature_name = ""  # no model: the predictions are features
        tfma.run_model_analysis(
            eval_config=config,
            data_location=str(folder / "examples"),
            output_path=str(folder / "evaluation"),
        )
        return Evaluated(name, "0123456789abcdef", str(folder / "evaluation"), CLASSES)

    return run


@pytest.fixture(scope="session")
def blocks(evaluate):
    return blocks_of([evaluate("20250101-120000", 1), evaluate("20250102-120000", 2)])


def _write(path, seed):
    generator = np.random.default_rng(seed)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for number in range(60):
            odds = generator.random(3) + np.eye(3)[number % 3]
            texts = {
                "site": "ab"[number % 2],
                "label": CLASSES[number % 3],
                "patient": f"p{number // 2}",
            }
            features = {
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
                for name, text in texts.items()
            }
            features["label_index"] = tf.train.Feature(
                int64_list=tf.train.Int64List(value=[number % 3])
            )
            features["probabilities"] = tf.train.Feature(
                float_list=tf.train.FloatList(value=odds / odds.sum())
            )
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
