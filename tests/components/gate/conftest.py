"""Runs TFMA on written-down predictions, as the Evaluator does on those of a model."""

from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.utils import config_util

from components.evaluator.eval_config import build_eval_config
from components.gate.results import Results, load_results
from components.recipe.evaluation import EvaluationSection
from tests.data_section import data_section
from tests.tf_examples import write_examples

CLASSES = ("COVID", "NORMAL", "PNEUMONIA")
DATA = data_section(*CLASSES, metadata={"columns": ["site"]})

# Counts, truth by answer.
Matrix = list[list[int]]


@pytest.fixture(scope="session")
def evaluate(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Results]:
    """Returns a function from (confusion matrix, evaluation section) to the results.

    Neighbours in the matrix are of one patient, `images_each` of them. The same evaluation is made
    once: TFMA takes seconds for each.
    """

    folder = tmp_path_factory.mktemp("models")
    models = {name: _parrot(str(folder / name), name) for name in ("candidate", "baseline")}

    made: dict[str, Results] = {}

    def run(
        matrix: Matrix,
        evaluation: EvaluationSection,
        baseline: Matrix | None = None,
        images_each: int = 1,
    ) -> Results:
        key = repr((matrix, evaluation, baseline, images_each))
        if key not in made:
            made[key] = evaluated(matrix, evaluation, baseline, images_each)
        return made[key]

    def evaluated(
        matrix: Matrix, evaluation: EvaluationSection, baseline: Matrix | None, images_each: int
    ) -> Results:
        folder = tmp_path_factory.mktemp("evaluation")
        _write(folder / "examples.gz", matrix, baseline, images_each)
        config = build_eval_config(DATA, evaluation)
        compared = ["candidate", "baseline"] if baseline else ["candidate"]
        tfma.run_model_analysis(
            eval_shared_model=[
                tfma.default_eval_shared_model(
                    models[name],
                    eval_config=config_util.update_eval_config_with_defaults(
                        config, has_baseline=baseline is not None, rubber_stamp=baseline is None
                    ),
                    model_name=name if baseline else "",
                    rubber_stamp=baseline is None,
                )
                for name in compared
            ],
            eval_config=config,
            data_location=str(folder / "examples.gz"),
            output_path=str(folder / "output"),
        )
        return load_results(str(folder / "output"), CLASSES)

    return run


def _parrot(path: str, feature: str) -> str:
    """Saves a model that returns a feature of the example as its probabilities."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve_examples(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        spec = {feature: tf.io.FixedLenFeature([len(CLASSES)], tf.float32)}
        return {"probabilities": tf.io.parse_example(examples, spec)[feature]}

    tf.saved_model.save(tf.Module(), path, signatures={"serve_examples": serve_examples})
    return path


def _write(path: Path, matrix: Matrix, baseline: Matrix | None, images_each: int) -> None:
    rows = _answers(matrix)
    others = _answers(baseline) if baseline else rows
    write_examples(
        path,
        (
            {
                "label_index": truth,
                "label": CLASSES[truth],
                "site": "ab"[number % 2],
                "patient": f"patient {number // images_each}",
                "candidate": _probabilities(answer),
                "baseline": _probabilities(other),
            }
            for number, ((truth, answer), (_, other)) in enumerate(zip(rows, others, strict=True))
        ),
    )


def _answers(matrix: Matrix) -> list[tuple[int, int]]:
    return [
        (truth, answer)
        for truth, row in enumerate(matrix)
        for answer, count in enumerate(row)
        for _ in range(count)
    ]


def _probabilities(answer: int) -> list[float]:
    # The top answer has less than a half: TFMA's own Recall would not count it.
    return [0.45 if index == answer else 0.275 for index in range(len(CLASSES))]
