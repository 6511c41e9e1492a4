"""What the gate can decide at all, from the counts of images and patients alone.

A class with three test images can't show a recall of 0.5: even if all are right, the lower bound is
0.44. That is known before a network is trained.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from components.gate.floors import TOLERANCE, reaches
from components.recipe.evaluation import EvaluationSection
from components.uncertainty.clustered import clustered_interval, largest_effect
from components.uncertainty.intervals import Z_95
from components.uncertainty.paired import paired_interval, tango_interval

# Of the results of a patient's images, for the chance to pass: halfway between none and full.
CORRELATION = 0.5
# Of the wrong images of two equally good models, the share that only one of them gets wrong.
DIFFERENT_ERRORS = 0.5
_DRAWS = 2_000
_PAIRS = 20_000  # draws of gained and lost images: two numbers each
_LARGEST_TABLE = 4_000_000  # patients times draws in memory

_LOWER = (
    "lower the floor (evaluation.recall_floor), or hold the observed recall to it "
    "(evaluation.floor_on: point)"
)
REMEDY = (
    "Add images of other patients, choose another split (data.split_seed, data.split), let a "
    f"cross-validation of all images decide (evaluation.folds: 5), {_LOWER}"
)
REMEDY_WITH_FOLDS = f"Add images of other patients, {_LOWER}"

Counts = NDArray[np.int64]


class Planned(Protocol):
    """An image that the gate decides by, as far as it is known before its pixels are."""

    @property
    def label(self) -> str:
        """Its class."""

    @property
    def patient(self) -> str:
        """Of the image, hashed or not."""

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Feature → value."""


@dataclass(frozen=True)
class Prospect:
    """What can become of a class, in all images that the gate decides by, or in a slice of them.

    Attributes:
        label: the class.
        where: the slice, as `site a`; '' for all.
        images: of the class.
        patients: with these images.
        floor: lowest recall, or lower bound, that passes.
        best: what is held to the floor, if all images are right; NaN without images.
        least_recall: smallest observed recall that can pass; NaN if none can.
        power: chance to pass with the expected recall; NaN if the recipe expects none.
        least_drop: smallest `allowed_drop` that a model with the very same predictions as the
            baseline meets; NaN for a slice.
        later: chance of a later model, as good as the baseline, to pass the comparison with it;
            NaN for a slice, on the observed recall, and without `expected_recall` or
            `allowed_drop`.
        pooled: whether a cross-validation of all images decides, not a test split.
    """

    label: str
    where: str
    images: int
    patients: int
    floor: float
    best: float
    least_recall: float
    power: float
    least_drop: float = math.nan
    later: float = math.nan
    pooled: bool = False

    @property
    def reachable(self) -> bool:
        """Whether the floor can be reached."""
        return reaches(self.best, self.floor)

    @property
    def sentence(self) -> str:
        """Why the floor can't be reached."""
        name = f"{self.label} in {self.where}" if self.where else self.label
        kind, where = ("", "") if self.pooled else ("test ", " in the test split")
        if not self.images:
            return f"{name} has no {kind}image"
        more = missing_patients(self.floor) - self.patients
        return (
            f"{name} has {self.images} {kind}images of {self.patients} patients: if all are right, "
            f"the lower bound is {self.best:.2f}, below the floor of {self.floor:.2f}. At least "
            f"{max(1, more)} more with one image each are needed{where}"
        )


def prospects(
    images: Iterable[Planned], classes: Sequence[str], evaluation: EvaluationSection
) -> list[Prospect]:
    """Returns the prospects of each class, and of each class in each gated slice.

    Args:
        images: of the test split, or with folds all.
        classes: of the recipe.
        evaluation: the recipe's section.
    """
    images = list(images)
    found = []
    for label in classes:
        of_class = [image for image in images if image.label == label]
        cases = _images_of_patients(of_class)
        compared = (_least_drop(cases, evaluation), _later(cases, label, evaluation))
        found.append(_prospect(label, "", cases, evaluation.floor(label), evaluation, *compared))
        for feature, rule in evaluation.slices.items():
            if rule.floor is None:
                continue
            for value, inside in _by_value(of_class, feature).items():
                cases = _images_of_patients(inside)
                if len(cases) >= rule.min_patients:  # smaller slices are not held to the floor
                    where = f"{feature} {value}"
                    found.append(_prospect(label, where, cases, rule.floor, evaluation))
    return found


def missing_patients(floor: float) -> int:
    """Returns how many patients, one image each and all right, reach a lower bound (Wilson)."""
    return math.ceil(floor * Z_95**2 / (1 - floor) - TOLERANCE)


def comparison_power(
    cases: Counts, gained: float, lost: float, margin: float, correlation: float = CORRELATION
) -> float:
    """Returns the chance that the comparison with the baseline lets a model through.

    From drawn numbers of gained and lost images, for as many independent images as those of the
    patients are worth.

    Args:
        cases: images of each patient, [m].
        gained: share of the images that only the new model gets right.
        lost: share that only the baseline gets right.
        margin: `evaluation.allowed_drop`.
        correlation: of the results of a patient's images.
    """
    total = round(cases.sum() / (1 + (float(largest_effect(cases)) - 1) * correlation))
    drawn = np.random.default_rng(0).multinomial(total, [gained, lost, 1 - gained - lost], _PAIRS)
    low, _ = tango_interval(drawn[:, 0], drawn[:, 1], total)
    return float(np.mean(low >= -margin - TOLERANCE))


def _prospect(
    label: str,
    where: str,
    cases: Counts,
    floor: float,
    evaluation: EvaluationSection,
    least_drop: float = math.nan,
    later: float = math.nan,
) -> Prospect:
    on_bound = evaluation.floor_on == "lower_bound"
    expected = evaluation.expected(label)
    return Prospect(
        label=label,
        where=where,
        images=int(cases.sum()),
        patients=len(cases),
        floor=floor,
        best=_held(cases, cases, on_bound),
        least_recall=_least_recall(cases, floor, on_bound),
        power=math.nan if expected is None else _power(cases, floor, expected, on_bound),
        least_drop=least_drop,
        later=later,
        pooled=evaluation.folds is not None,
    )


def _held(hits: Counts, cases: Counts, on_bound: bool) -> Any:
    """Returns what is held to the floor: the lower bound, or the observed recall."""
    if on_bound:
        return clustered_interval(hits, cases)[0]
    total = cases.sum(-1)
    return hits.sum(-1) / total if np.all(total) else math.nan


def _least_recall(cases: Counts, floor: float, on_bound: bool) -> float:
    """Returns the smallest recall that can pass: with one wrong image in as many patients."""
    total = int(cases.sum())
    if not total or not reaches(_held(cases, cases, on_bound), floor):
        return math.nan
    # The wrong images are dealt to the patients in turn; more of them never raise the bound.
    turn = np.concatenate([np.arange(count) for count in cases])
    patient = np.repeat(np.arange(len(cases)), cases)[np.argsort(turn, kind="stable")]
    passes, fails = 0, total + 1
    while fails - passes > 1:
        wrong = (passes + fails) // 2
        hits = cases - np.bincount(patient[:wrong], minlength=len(cases))
        if reaches(_held(hits, cases, on_bound), floor):
            passes = wrong
        else:
            fails = wrong
    return 1 - passes / total


def _power(cases: Counts, floor: float, recall: float, on_bound: bool) -> float:
    """Returns the chance to pass, from simulated test splits with beta-binomial patients."""
    if not len(cases):
        return math.nan
    generator = np.random.default_rng(0)
    draws = max(100, min(_DRAWS, _LARGEST_TABLE // len(cases)))
    total = (1 - CORRELATION) / CORRELATION
    shares = generator.beta(recall * total, (1 - recall) * total, (draws, len(cases)))
    hits = generator.binomial(cases, shares)
    held = _held(hits, np.broadcast_to(cases, hits.shape), on_bound)
    return float(np.mean(held >= floor - TOLERANCE))


def _least_drop(cases: Counts, evaluation: EvaluationSection) -> float:
    if not len(cases) or evaluation.allowed_drop is None:
        return math.nan
    if evaluation.floor_on == "point":
        return 0.0
    return -float(paired_interval(cases, cases, cases, cases)[0])


def _later(cases: Counts, label: str, evaluation: EvaluationSection) -> float:
    expected, margin = evaluation.expected(label), evaluation.allowed_drop
    if not len(cases) or expected is None or margin is None or evaluation.floor_on == "point":
        return math.nan
    different = (1 - expected) * DIFFERENT_ERRORS
    return comparison_power(cases, different, different, margin)


def _images_of_patients(images: Sequence[Planned]) -> Counts:
    patients = [image.patient for image in images]
    return np.unique(patients, return_counts=True)[1].astype(np.int64)


def _by_value(images: Sequence[Planned], feature: str) -> dict[str, list[Planned]]:
    found: dict[str, list[Planned]] = defaultdict(list)
    for image in images:
        if feature in image.metadata:
            found[str(image.metadata[feature])].append(image)
    return dict(sorted(found.items()))
