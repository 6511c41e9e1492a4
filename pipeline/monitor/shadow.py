"""A candidate that answered beside the served version, compared on the same images.

Both saw the same images, so only those on which they differ tell them apart: McNemar's exact test
(1947, Psychometrika 12:153-157), which takes images as independent, and intervals that count
patients, or else studies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from components.uncertainty.intervals import Z_95
from components.uncertainty.paired import paired_interval
from pipeline.monitor.labels.labels import Matched
from serving.request_log.reader import Logged

_SHOWN = 20  # images on which they differ

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pair:
    """How often something holds for the served version, and for the shadow.

    Attributes:
        label: the class.
        images: that are counted.
        both: images for which it holds for both.
        served_only: for the served version alone.
        shadow_only: for the shadow alone.
        difference: share of the shadow less that of the served version, -1..1.
        low: lower bound of its 95 % interval.
        high: upper bound.
        p: of McNemar's test, that chance makes the two counts differ so much.
    """

    label: str
    images: int
    both: int
    served_only: int
    shadow_only: int
    difference: float
    low: float
    high: float
    p: float

    @property
    def served(self) -> int:
        """Images for which it holds for the served version."""
        return self.both + self.served_only

    @property
    def shadow(self) -> int:
        """Images for which it holds for the shadow."""
        return self.both + self.shadow_only


@dataclass(frozen=True)
class Shift:
    """The mean difference of a probability, shadow less served, with its 95 % interval.

    Attributes:
        label: the class.
        mean: -1..1.
        low: lower bound.
        high: upper bound; both NaN for a single study.
    """

    label: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Differing:
    """An image on which the two differ.

    Attributes:
        image: its SHA-256.
        served: predicted by the served version.
        served_probability: of that.
        shadow: predicted by the shadow.
        shadow_probability: of that.
        difference: the largest of a class's probabilities, 0..1.
    """

    image: str
    served: str
    served_probability: float
    shadow: str
    shadow_probability: float
    difference: float


@dataclass(frozen=True)
class Shadowed:
    """What the comparison found.

    Attributes:
        version: of the shadow.
        images: different ones with a prediction of the served version.
        pairs: of these, with one of the shadow.
        agreement: share of the pairs with the same predicted class; NaN without pairs.
        predicted: how often each class is predicted.
        shifts: of the probability of each class.
        right: how often each class is recognised, by the labels; empty without labels.
        differing: the images on which they differ most.
    """

    version: int
    images: int
    pairs: int
    agreement: float
    predicted: tuple[Pair, ...] = ()
    shifts: tuple[Shift, ...] = ()
    right: tuple[Pair, ...] = ()
    differing: tuple[Differing, ...] = ()


def compare_shadow(
    version: int,
    served: Logged,
    shadow: Logged,
    classes: Sequence[str],
    matched: Matched | None = None,
) -> Shadowed:
    """Compares the last predictions of two versions for the same images.

    Args:
        version: of the shadow.
        served: predictions of the served version.
        shadow: of the other one, of the same classes.
        classes: in the order of the probabilities.
        matched: labels, or None.
    """
    rows = [{image: row for row, image in enumerate(one.images)} for one in (served, shadow)]
    images = [image for image in rows[0] if image in rows[1]]
    if not images:
        return Shadowed(version, len(rows[0]), 0, float("nan"))
    first, second = ([each[image] for image in images] for each in rows)
    one = served.probabilities[first].astype(np.float64)
    other = shadow.probabilities[second].astype(np.float64)
    groups = np.where(served.studies[first] != b"", served.studies[first], images)
    best = one.argmax(-1), other.argmax(-1)
    return Shadowed(
        version=version,
        images=len(rows[0]),
        pairs=len(images),
        agreement=float((best[0] == best[1]).mean()),
        predicted=tuple(
            _pair(label, best[0] == index, best[1] == index, groups)
            for index, label in enumerate(classes)
        ),
        shifts=tuple(
            _shift(label, other[:, index] - one[:, index], groups)
            for index, label in enumerate(classes)
        ),
        right=_right(images, best, classes, matched),
        differing=_differing(images, one, other, classes),
    )


def _pair(label: str, one: Flags, other: Flags, groups: NDArray) -> Pair:
    numbers = np.unique(groups, return_inverse=True)[1]
    counts = [
        np.bincount(numbers, weights=flags)
        for flags in (other, one, one & other, np.ones(len(one)))
    ]
    low, high = paired_interval(*counts)
    served_only, shadow_only = int((one & ~other).sum()), int((other & ~one).sum())
    differ = served_only + shadow_only
    return Pair(
        label=label,
        images=len(one),
        both=int((one & other).sum()),
        served_only=served_only,
        shadow_only=shadow_only,
        difference=(shadow_only - served_only) / len(one),
        low=float(low),
        high=float(high),
        p=float(stats.binomtest(shadow_only, differ).pvalue) if differ else 1.0,
    )


def _shift(label: str, differences: NDArray[np.float64], groups: NDArray) -> Shift:
    numbers = np.unique(groups, return_inverse=True)[1]
    mean, clusters = float(differences.mean()), int(numbers.max()) + 1
    if clusters < 2:
        return Shift(label, mean, float("nan"), float("nan"))
    sums = np.bincount(numbers, weights=differences - mean)
    error = np.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / len(differences)
    return Shift(label, mean, mean - Z_95 * float(error), mean + Z_95 * float(error))


def _right(
    images: list[bytes],
    best: tuple[NDArray[np.intp], NDArray[np.intp]],
    classes: Sequence[str],
    matched: Matched | None,
) -> tuple[Pair, ...]:
    """Returns, for each class with labels, which version recognises its images."""
    labels = {} if matched is None else matched.labels
    known = [row for row, image in enumerate(images) if image.decode() in labels]
    truth = np.array([labels[images[row].decode()].index for row in known], np.int64)
    patients = np.array([labels[images[row].decode()].patient for row in known])
    one, other = (each[known] == truth for each in best)
    return tuple(
        _pair(label, one[of], other[of], patients[of])
        for index, label in enumerate(classes)
        if (of := truth == index).any()
    )


def _differing(
    images: list[bytes],
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    classes: Sequence[str],
) -> tuple[Differing, ...]:
    distance = np.abs(one - other).max(-1)
    rows = np.argsort(-distance, kind="stable")[:_SHOWN]
    return tuple(
        Differing(
            image=images[row].decode(),
            served=classes[one[row].argmax()],
            served_probability=float(one[row].max()),
            shadow=classes[other[row].argmax()],
            shadow_probability=float(other[row].max()),
            difference=float(distance[row]),
        )
        for row in rows
        if distance[row] > 0
    )
