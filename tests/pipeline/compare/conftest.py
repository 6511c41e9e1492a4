"""Predictions of models that are as good as a test needs, and their comparison."""

from collections.abc import Callable

import numpy as np
import pytest

from pipeline.compare.candidates import Candidate
from pipeline.compare.criterion import parse_criterion
from pipeline.compare.outcome import Cost, Outcome, Round
from pipeline.compare.predictions import Predictions
from pipeline.compare.results import Comparison, judge
from pipeline.recipes.loader import load_recipe

FACTS = {"data_folder": "/films", "data_fingerprint": "0123456789ab", "began": "2026-01-02 03:04"}
LOGS = {"balanced_accuracy": 0.5, "val_balanced_accuracy": 0.6, "loss": 1.0, "val_loss": 0.9}


def answers(
    skill: float, patients: int = 120, images: int = 3, folds: int = 3, seed: int = 0
) -> Predictions:
    """Returns answers about three classes; each patient has some images of one class."""
    generator = np.random.default_rng(seed)
    of_patient = np.repeat(np.arange(patients), images)
    labels = (of_patient % 3).astype(np.int64)
    scores = generator.gumbel(size=(len(labels), 3))
    scores[np.arange(len(labels)), labels] += skill
    exponents = np.exp(scores)
    return Predictions(
        filenames=tuple(f"{n:04d}.png" for n in range(len(labels))),
        patients=tuple(f"{n:016x}" for n in of_patient),
        folds=(of_patient % folds + 1).astype(np.int64),
        labels=labels,
        probabilities=exponents / exponents.sum(-1, keepdims=True),
    )


@pytest.fixture
def make_answers() -> Callable[..., Predictions]:
    return answers


def outcome(name: str, answers: Predictions, failure: str = "", latency: float = 2.5) -> Outcome:
    rounds = [
        Round(
            fold,
            answers.take([n for n, f in enumerate(answers.folds) if f == fold]),
            seconds=10.0 * fold,
            history={"head": [LOGS, LOGS], "fine-tuning": [LOGS]},
            cost=Cost(megabytes=1.5, parameters=4321, latency=latency),
        )
        for fold in (1, 2, 3)
    ]
    return Outcome(Candidate(name, load_recipe("quickstart")), rounds, failure)


@pytest.fixture
def make_comparison(make_answers):
    def make(against: str = "best", by: str = "balanced_accuracy") -> Comparison:
        outcomes = [
            outcome("weak <b>one</b>", make_answers(1.0, seed=1)),
            outcome("strong", make_answers(3.0, seed=2), latency=9.0),
            outcome("broken", make_answers(1.0), failure="no weights & no way"),
        ]
        criterion = parse_criterion(by, outcomes[0].candidate.recipe.data.classes)
        return judge(outcomes, [make_answers(0.2, seed=3)], criterion, against, 3, FACTS)

    return make


@pytest.fixture
def make_outcome() -> Callable[..., Outcome]:
    return outcome
