"""Pages drawn from written predictions, and one real evaluation.

make_content      what a page is drawn from, with pictures for the gallery
evaluated         a model that looks at the brightness, its examples, and what TFMA says about it
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_data_validation as tfdv
import tensorflow_model_analysis as tfma
from PIL import Image
from tensorflow_model_analysis.utils import config_util

from components.data_audit.audit import AuditResult
from components.data_audit.checks.shortcuts import Shortcut
from components.data_audit.finding import Case, Found, judge
from components.data_audit.report.files import to_json
from components.evaluator.eval_config import build_eval_config
from components.gate.results import OVERALL, Results
from components.gate.split_images import Explained
from components.imaging.quarantine import Quarantined, to_csv
from components.recipe.evaluation import EvaluationSection
from components.recipe.uncertainty import Uncertainty
from components.run_report.content import Content, Material, Outcome
from components.run_report.counts import SplitCounts, by_reason
from components.run_report.figures import class_results
from components.run_report.gallery import choose_cases, draw
from components.run_report.read import Sources
from components.uncertainty.summary import UncertaintySummary
from tests.components.data_audit.cohort import image
from tests.data_section import data_section
from tests.tf_examples import write_examples
from tests.written_predictions import ABC

FACTS = UncertaintySummary(1.4, 0.5, 0.1, 0.93, 0.01, images=60, out_of_distribution=1)


TWICE = Case((image("a.png"),), "the same")


def audit_of(classes):
    """What the audit says of data with a leak, in which the size gives the first class away."""
    result = AuditResult(
        findings=(
            judge(Found("leaks", "1 picture is in two splits", (TWICE,)), "stop"),
            judge(Found("outliers", "no image stands out"), "report"),
        ),
        counts={}, cells=(), drift=None, quarantine={},
        shortcuts=[Shortcut("size", 40, dict.fromkeys(classes, 0.97), 0.8, 0.7, 0.9, 0.33)],
    )  # fmt: skip
    return to_json(result)


def film(side=(640, 520), seed=0):
    """A noisy grey image: the hardest to compress."""
    pixels = np.random.default_rng(seed).integers(0, 256, side, np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def make_content():
    def make(found, recipe=None, **changes):
        heat = np.random.default_rng(1).random((7, 7)).astype(np.float32)
        cases = choose_cases(found)
        one = Explained(film(), heat)
        values = {
            "model": "tiny",
            "recipe": {
                "name": "tiny",
                "summary": "Noise",
                "data": {"classes": list(found.classes), "patient": {"from": "each_file"}},
                "evaluation": {"recall_floor": 0.6},
                "serving": {"uncertainty": Uncertainty().plain()},
            }
            | (recipe or {}),
            "results": Results(True, {OVERALL: found.matrix()}, class_results(found), {}, ()),
            "predictions": found,
            "pictures": draw(cases, {case.filename: one for case in cases}),
            "history": {"head": [{"loss": 1.0, "val_loss": 1.1}, {"loss": 0.5, "val_loss": 0.9}]},
            "uncertainty": FACTS,
            "audit": audit_of(found.classes),
            "outcome": Outcome(17),
            "material": Material(
                "0123abcd",
                {"test": SplitCounts(9, 5, dict.fromkeys(found.classes, 3))},
                by_reason([Quarantined("x/<i>.png", "empty"), Quarantined("y.txt", "over_cap")]),
                "code",
                {"stack": "wide"},
            ),
        }
        return Content(**values | changes)

    return make


# === A real evaluation ===

EVALUATION = EvaluationSection.model_validate({"recall_floor": 0.3, "slices": ["site"]})
DATA = data_section(*ABC, image_size=16, color="grayscale")


@pytest.fixture(scope="session")
def evaluated(tmp_path_factory) -> Sources:
    """Everything that the report reads, as the other nodes leave it."""
    root = tmp_path_factory.mktemp("run")
    _save_model(str(root / "model" / "Format-Serving"))
    for split in ("train", "eval", "test"):
        path = root / "examples" / f"Split-{split}" / "data.gz"
        _write_examples(path)
        _write_statistics(path, root / "statistics" / f"Split-{split}")
    _evaluate(root)
    (root / "history.json").write_text(json.dumps({"head": [{"loss": 1.0, "val_loss": 1.0}]}))
    (root / "audit.json").write_text(json.dumps(audit_of(ABC)))
    (root / "uncertainty.json").write_text(FACTS.to_json())
    (root / "quarantine.csv").write_text(to_csv([Quarantined("a.png", "truncated")]))
    recipe = {"name": "tiny", "summary": "Brightness", "data": DATA.plain()}
    recipe |= {"evaluation": EVALUATION.plain(), "serving": {"uncertainty": Uncertainty().plain()}}
    return Sources(
        recipe=recipe,
        model_name="tiny",
        code="c0de",
        examples=str(root / "examples"),
        out_of_fold="",
        statistics=str(root / "statistics"),
        quarantine=str(root),
        audit=str(root),
        fingerprint="0123abcd",
        model=str(root / "model"),
        model_run=str(root),
        evaluation=str(root / "evaluation"),
        outcome=Outcome(7),
    )


def _save_model(path: str) -> None:
    """Dark, middling and bright are the three classes."""

    def probabilities(encoded):
        def light(image):
            return tf.reduce_mean(tf.cast(tf.io.decode_png(image, 1), tf.float32)) / 255

        lights = tf.map_fn(light, encoded, fn_output_signature=tf.float32)
        return tf.nn.softmax(-20 * (lights[:, None] - tf.constant([[0.2, 0.5, 0.8]])) ** 2)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")])
    def serving_default(image_bytes):
        found = probabilities(image_bytes)
        low = tf.reduce_max(found, -1) < 0.5
        return {"probabilities": found, "uncertain": low, "out_of_distribution": tf.zeros_like(low)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")])
    def explain(image_bytes):
        heat = tf.fill([tf.shape(image_bytes)[0], 4, 4], 0.5)
        return {"probabilities": probabilities(image_bytes), "heatmap": heat}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
    def serve_examples(examples):
        spec = {"image": tf.io.FixedLenFeature([], tf.string)}
        return {"probabilities": probabilities(tf.io.parse_example(examples, spec)["image"])}

    signatures = {
        "serving_default": serving_default,
        "explain": explain,
        "serve_examples": serve_examples,
    }
    tf.saved_model.save(tf.Module(), path, signatures=signatures)


def _write_examples(path: Path) -> None:
    generator = np.random.default_rng(5)

    def row(number: int) -> dict[str, Any]:
        label = number % 3
        light = np.clip(generator.normal(0.2 + 0.3 * label, 0.15), 0, 1)
        site = {"site": "north" if number % 2 else "south"} if number % 5 else {}
        return {
            "image": tf.io.encode_png(tf.fill([16, 16, 1], tf.cast(light * 255, tf.uint8))).numpy(),
            "filename": f"{ABC[label]}/{number}.png",
            "patient": f"{number // 2}",
            "label": ABC[label],
            "label_index": label,
        } | site

    write_examples(path, map(row, range(90)))


def _write_statistics(examples: Path, folder: Path) -> None:
    found = tfdv.generate_statistics_from_tfrecord(str(examples))
    folder.mkdir(parents=True)
    (folder / "FeatureStats.pb").write_bytes(found.SerializeToString())


def _evaluate(root: Path) -> None:
    config = build_eval_config(DATA, EVALUATION)
    updated = config_util.update_eval_config_with_defaults(
        config, has_baseline=False, rubber_stamp=True
    )
    model = tfma.default_eval_shared_model(
        str(root / "model" / "Format-Serving"), eval_config=updated, rubber_stamp=True
    )
    tfma.run_model_analysis(
        eval_shared_model=model,
        eval_config=config,
        data_location=str(root / "examples" / "Split-test" / "data.gz"),
        output_path=str(root / "evaluation"),
    )
