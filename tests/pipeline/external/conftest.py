"""Predictions of a made-up model for 60 images of 30 patients at two sites."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.gate.results import ClassResult
from components.imaging.quarantine import Quarantined
from pipeline.external.images import LabelledImages
from pipeline.external.predicted import Predicted
from pipeline.external.rules import Rules
from pipeline.recipes.loader import parse_recipe
from serving.score.origin import Origin

CLASSES = ("COVID", "NORMAL")


@pytest.fixture
def origin() -> Origin:
    return Origin("chest", 17, CLASSES)


@pytest.fixture
def make_rules():
    """Returns a function from values of `evaluation` to rules with the figures at home."""

    def make(home: tuple[ClassResult, ...] = (), **evaluation: object) -> Rules:
        values = {
            "name": "chest",
            "summary": "made up",
            "data": {
                "classes": list(CLASSES),
                "image_size": 32,
                "patient": {"from": "filename", "regex": r"(?P<patient>p\d+)"},
                "metadata": {"columns": ["site"]},
            },
            "model": {"backbone": "scratch_cnn", "weights": "none"},
            "evaluation": {"recall_floor": 0.6} | evaluation,
        }
        return Rules(parse_recipe(values, None, "test"), home)

    return make


@pytest.fixture
def images(tmp_path) -> LabelledImages:
    names, sites = [], []
    for label in CLASSES:
        for number in range(30):
            names.append(f"{label}/p{number // 2:02}-{number:02}.png")
            sites.append("ab"[number % 3 == 0])
    labels = np.repeat([0, 1], 30)
    patients = np.array([f"{label}.{number // 2}" for label in (0, 1) for number in range(30)])
    root = tmp_path / "elsewhere"
    return LabelledImages(
        root, tuple(names), CLASSES, labels, patients, {"site": np.array(sites)}, ()
    )


@pytest.fixture
def draw(images):
    """Writes the images: grey squares, larger for the second class."""
    for name, label in zip(images.names, images.labels, strict=True):
        path = Path(images.root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (40 + 20 * int(label), 40), 100).save(path)


@pytest.fixture
def predicted(images) -> Predicted:
    """Every tenth image is wrong, every fifteenth strange, and one can't be read."""
    kept = np.delete(np.arange(60), 7)
    number = kept % 30
    answer = np.where(number % 10 == 0, 1 - images.labels[kept], images.labels[kept])
    probabilities = np.where(np.arange(2) == answer[:, None], 0.8, 0.2).astype(np.float32)
    failed = (Quarantined(images.names[7], "truncated", "at byte 9"),)
    return Predicted(images, kept, probabilities, number % 5 == 0, number % 15 == 0, failed)


def class_result(label: str, hits: int, cases: int, low: float, high: float) -> ClassResult:
    return ClassResult(
        label, cases, hits, hits / cases, low, high, 0.9, 0.9, 0.9, 0.95,
        patients=cases, specificity_low=0.8, specificity_high=0.95,
    )  # fmt: skip


@pytest.fixture
def home() -> tuple[ClassResult, ...]:
    """The second class was clearly worse at home."""
    return (class_result("COVID", 90, 100, 0.83, 0.945), class_result("NORMAL", 40, 100, 0.31, 0.5))
