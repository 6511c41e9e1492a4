"""A small hospital: patients with two images each, two classes, and a log of it.

draw       a Sample of so many images, with the number of the patient of each; takes a contrast and
           a share of the class ill
reference  of 400 images, as it travels with a version
logged     of 200 other images, a week before NOW; takes what `draw` takes
settings   of that week
quiet      what the monitor finds in it, with a week before
alarmed    what it finds with 0.8 of the contrast, against a reference of folds
shadowed   another version for the same images, with 20 other predictions, and those labels
truth      labels of that week, most of which differ from the prediction
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from components.gate.pushed_reference import TAGS, Reference
from components.recipe.evaluation import EvaluationSection
from components.saved_model.embedding import SIZE, to_stored
from pipeline.monitor.checks.sample import Sample
from pipeline.monitor.findings import Settings
from pipeline.monitor.labels.labels import Label, Labels, match
from pipeline.monitor.labels.truth import judge_by_labels
from pipeline.monitor.monitoring import monitor
from pipeline.monitor.outputs.outcome import Outcome
from pipeline.monitor.shadow import compare_shadow
from serving.request_log.reader import Logged

CLASSES = ("ill", "well")
NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)
WEEK = timedelta(days=7)
RULES = EvaluationSection.model_validate({"recall_floor": 0.8})


def drawn(images, seed, contrast=1.0, ill=0.4, strange=0.02, moved=0.0):
    generator = np.random.default_rng(seed)
    patients = np.repeat(np.arange(images // 2), 2)

    def spread(of_patients, of_images):
        each = generator.normal(0, of_patients, images // 2)[patients]
        return each + generator.normal(0, of_images, images)

    truth = (generator.random(images // 2) < ill)[patients]
    p = 1 / (1 + np.exp(-(np.where(truth, 1.5, -1.5) + spread(0.8, 0.5))))
    of_patients = generator.normal(0, 1, (images // 2, SIZE))[patients]
    embeddings = of_patients + generator.normal(0, 0.5, (images, SIZE))
    embeddings[:, 0] += moved
    sample = Sample(
        probabilities=np.stack([p, 1 - p], -1),
        uncertain=(np.abs(p - 0.5) < 0.1).astype(float),
        out_of_distribution=(generator.random(images) < strange).astype(float),
        quality={
            "brightness": 120 + spread(10, 5),
            "contrast": contrast * (50 + spread(5, 2)),
            "size": np.full(images, 1e6),
            "out-of-distribution score": spread(1, 1) - 3,
        },
        formats=np.full(images, "DICOM"),
        scanner={"manufacturer": np.full(images, "A", object)},
        embeddings=embeddings,
        embedded=np.arange(images),
        patients=patients,
    )
    return sample, patients


@pytest.fixture
def draw():
    return drawn


def columns(sample):
    return {
        "probabilities": sample.probabilities.astype(np.float32),
        "uncertain": sample.uncertain,
        "out_of_distribution": sample.out_of_distribution,
        "quality": {
            "mean": sample.quality["brightness"],
            "std": sample.quality["contrast"],
            "width": np.full(len(sample), 1000.0),
            "height": np.full(len(sample), 1000.0),
        },
        "formats": sample.formats,
        "scanner": {
            name: np.full(len(sample), "A" if name == "manufacturer" else "", object)
            for name in TAGS
        },
        "scores": sample.quality["out-of-distribution score"],
        "embeddings": to_stored(sample.embeddings),
    }


def a_reference(images=400, folds=False):
    sample, patients = drawn(images, seed=1)
    chance = np.random.default_rng(2).random(images)
    labels = (chance >= sample.probabilities[:, 0]).astype(np.int64)  # calibrated
    return Reference(CLASSES, folds, patients, labels, **columns(sample))


@pytest.fixture
def make_reference():
    return a_reference


@pytest.fixture
def reference():
    return a_reference()


def a_log(images=200, seed=5, until=NOW, faults=(), **changes):
    sample, _ = drawn(images, seed, **changes)
    end = np.datetime64(until.replace(tzinfo=None), "ms")
    return Logged(
        times=end - np.arange(images, 0, -1) * np.timedelta64(1, "m"),
        images=np.array([f"{1000 * seed + n:064x}" for n in range(images)], "S64"),
        latency=np.linspace(10, 30, images),
        studies=np.array([f"{1000 * seed + n // 2:016x}" for n in range(images)], "S16"),
        tags=Counter({"manufacturer A": images}),
        faults=Counter(dict(faults)),
        **columns(sample),
    )


@pytest.fixture
def make_logged():
    return a_log


@pytest.fixture
def settings():
    return Settings(NOW - WEEK, NOW)


@pytest.fixture(scope="session")
def quiet():
    logged = a_log(faults={"broken line": 2, "clock went back": 1})
    before = a_log(seed=4, until=NOW - WEEK)
    return monitor(a_reference(), logged, [before], Settings(NOW - WEEK, NOW))


@pytest.fixture(scope="session")
def alarmed():
    logged, reference = a_log(contrast=0.8), replace(a_reference(folds=True), embeddings=None)
    return monitor(reference, logged, [], Settings(NOW - WEEK, NOW))


@pytest.fixture
def make_outcome(tmp_path):
    def made(found, truth=None, shadow=None, model="lungs"):
        return Outcome(model, 3, tmp_path, found, truth, shadow=shadow)

    return made


def labels_of(logged, wrong=0):
    """Labels that agree with the predictions, but for the first few."""
    predicted = logged.probabilities.argmax(-1)
    return {
        image.decode(): Label(int(1 - best if row < wrong else best), f"patient {row // 2}")
        for row, (image, best) in enumerate(zip(logged.images, predicted, strict=True))
    }


def judged(logged, labels):
    return judge_by_labels(logged, match(logged, Labels(labels, True)), CLASSES, RULES)


@pytest.fixture
def shadowed(make_logged):
    """A shadow that gives 20 of the logged images another class; each label is the served one."""
    logged = make_logged()
    probabilities = logged.probabilities.copy()
    probabilities[:20] = probabilities[:20, ::-1]
    matched = match(logged, Labels(labels_of(logged), True))
    other = replace(logged, probabilities=probabilities)
    return compare_shadow(4, logged, other, CLASSES, matched)


@pytest.fixture
def truth(make_logged):
    """Of the logged images: the labels of the first 120 differ from the prediction."""
    logged = make_logged()
    return judged(logged, labels_of(logged, wrong=120))
