"""Evaluations by TFMA of predictions that stand in the examples."""

import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from components.evaluator.eval_config import build_eval_config
from components.recipe.evaluation import EvaluationSection, SliceRule
from pipeline.dashboard.blocks import Evaluated, blocks_of
from tests.data_section import data_section
from tests.tf_examples import write_examples

CLASSES = ("ill <b>", "well </script>", "neither")


@pytest.fixture(scope="session")
def evaluate(tmp_path_factory):
    """Returns a function from a run's name to its evaluation; each run has other predictions."""

    def run(name, seed):
        folder = tmp_path_factory.mktemp(name)
        _write(folder / "examples.gz", seed)
        data = data_section(*CLASSES, metadata={"columns": ["site"]})
        evaluation = EvaluationSection(
            recall_floor=0.5, allowed_drop=None, slices={"site": SliceRule()}
        )
        config = build_eval_config(data, evaluation)
        config.model_specs[0].signature_name = ""  # no model: the predictions are features
        tfma.run_model_analysis(
            eval_config=config,
            data_location=str(folder / "examples.gz"),
            output_path=str(folder / "evaluation"),
        )
        return Evaluated(name, "0123456789abcdef", str(folder / "evaluation"), CLASSES)

    return run


@pytest.fixture(scope="session")
def blocks(evaluate):
    return blocks_of([evaluate("20250101-120000", 1), evaluate("20250102-120000", 2)])


def _write(path, seed):
    generator = np.random.default_rng(seed)

    def row(number):
        odds = generator.random(3) + np.eye(3)[number % 3]
        return {
            "site": "ab"[number % 2],
            "label": CLASSES[number % 3],
            "patient": f"p{number // 2}",
            "label_index": number % 3,
            "probabilities": list(odds / odds.sum()),
        }

    write_examples(path, map(row, range(60)))
