"""The checks: which properties of the predictions are compared, and by which statistic."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.monitor.checks.domain_classifier import Embedded, domain_auc, embedded
from pipeline.monitor.checks.estimated_recall import estimated_recall, recall_drop
from pipeline.monitor.checks.sample import Floats, Sample
from pipeline.monitor.checks.statistics import Compared, chi_squared, kolmogorov_smirnov, shares

Kind = Literal["shares", "distribution", "rate", "recall", "domain"]
CLASSES, FORMATS, EMBEDDING = "predicted classes", "file format", "embedding"
LEAST_EMBEDDED = 20  # images of each sample
RATES = ("uncertain", "out of distribution")


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Check:
    """A property of N predictions of one sample and M of the other.

    Attributes:
        name: as the table and the option `--skip` have it.
        kind: which statistic: χ² of shares, Kolmogorov-Smirnov of a distribution, a rate, an
            estimated recall, or a classifier of the domain.
        one: values of the rows, [N]; of shares the number of the category; NaN: not known.
        other: of the rows of the other sample, [M].
        categories: names of the categories of shares.
        index: of the class, of an estimated recall.
        samples: the two samples, of an estimated recall or a classifier.
    """

    name: str
    kind: Kind
    one: Floats
    other: Floats
    categories: tuple[str, ...] = ()
    index: int = 0
    samples: tuple[Sample, Sample] | None = None

    def compare(self, weights: Floats, others: Floats) -> Compared:
        """Compares the samples.

        Args:
            weights: how often each row of the one counts, [B, N].
            others: of the other, [B, M].

        Returns:
            Effect and score, [B] each. The score of an estimated recall is negative where it is
            higher in the other sample.
        """
        if self.samples is not None:
            compare = self._compare_domains if self.kind == "domain" else self._compare_recalls
            return compare(*self.samples, weights, others)
        with np.errstate(divide="ignore", invalid="ignore"):  # a resample without any known value
            found = self._compare(*_known(self.one, weights), *_known(self.other, others))
        return Compared(np.nan_to_num(found.effect, nan=0.0), np.nan_to_num(found.score, nan=0.0))

    def _compare_recalls(
        self, before: Sample, now: Sample, weights: Floats, others: Floats
    ) -> Compared:
        first = estimated_recall(before, weights)[:, self.index]
        second = estimated_recall(now, others)[:, self.index]
        drop = recall_drop(before, weights, now, others)[:, self.index]
        return Compared(np.nan_to_num(second - first, nan=0.0), drop)

    def _compare_domains(
        self, before: Sample, now: Sample, weights: Floats, others: Floats
    ) -> Compared:
        rows = before.embedded, now.embedded
        return domain_auc(
            images_of(before), weights[:, rows[0]], images_of(now), others[:, rows[1]]
        )

    def _compare(self, one: Floats, weights: Floats, other: Floats, others: Floats) -> Compared:
        if self.kind == "distribution":
            return kolmogorov_smirnov(one, weights, other, others)
        if self.kind == "shares":
            return chi_squared(
                *(
                    each @ (values[:, None] == np.arange(len(self.categories)))
                    for values, each in ((one, weights), (other, others))
                )
            )
        return shares(weights @ one, weights.sum(-1), others @ other, others.sum(-1))

    def against_itself(self) -> "Check":
        """Returns the check of the one sample against the same."""
        twice = None if self.samples is None else (self.samples[0], self.samples[0])
        return Check(self.name, self.kind, self.one, self.one, self.categories, self.index, twice)

    @property
    def rows(self) -> int:
        """Rows of the other sample of which the value is known."""
        return int(np.isfinite(self.other).sum())


def checks_between(reference: Sample, now: Sample, classes: tuple[str, ...]) -> list[Check]:
    """Returns the checks that both samples have values for.

    Args:
        reference: what is usual.
        now: what is compared with it.
        classes: in the order of the probabilities.
    """
    found = [
        Check(CLASSES, "shares", *_floats(reference.predicted, now.predicted), categories=classes),
        *_distributions(reference, now, classes),
        *_categories(FORMATS, reference.formats, now.formats),
        *_tags(reference, now),
        Check(RATES[0], "rate", reference.uncertain, now.uncertain),
        Check(RATES[1], "rate", reference.out_of_distribution, now.out_of_distribution),
        *(
            Check(
                f"estimated recall of {label}",
                "recall",
                *_floats(reference.probabilities[:, index], now.probabilities[:, index]),
                index=index,
                samples=(reference, now),
            )
            for index, label in enumerate(classes)
        ),
    ]
    found += _domain(reference, now)
    return [check for check in found if check.rows and np.isfinite(check.one).any()]


def _distributions(reference: Sample, now: Sample, classes: tuple[str, ...]) -> Iterator[Check]:
    for index, label in enumerate(classes):
        one, other = (sample.probabilities[:, index] for sample in (reference, now))
        yield Check(f"probability of {label}", "distribution", one, other)
    for name, values in reference.quality.items():
        yield Check(name, "distribution", values, now.quality[name])


def _tags(reference: Sample, now: Sample) -> Iterator[Check]:
    for name in reference.scanner:
        yield from _categories(name, reference.scanner[name], now.scanner[name])


def _categories(name: str, one: NDArray, other: NDArray) -> Iterator[Check]:
    values = tuple(np.unique([*np.unique(one), *np.unique(other)]).tolist())
    numbers = {value: number if value else np.nan for number, value in enumerate(values)}
    first, second = (
        np.array([numbers[value] for value in rows], np.float64) for rows in (one, other)
    )
    yield Check(name, "shares", first, second, categories=values)


def images_of(sample: Sample) -> Embedded:
    """Returns the images of a sample whose embedding is known, divided by patient."""
    assert sample.embeddings is not None
    return embedded(sample.embeddings, sample.patients[sample.embedded])


def _domain(reference: Sample, now: Sample) -> list[Check]:
    """Returns the check of the embeddings, if both samples have enough of them."""
    if min(len(reference.embedded), len(now.embedded)) < LEAST_EMBEDDED:
        return []
    one, other = (
        np.where(np.isin(np.arange(len(sample)), sample.embedded), 1.0, np.nan)
        for sample in (reference, now)
    )
    return [Check(EMBEDDING, "domain", one, other, samples=(reference, now))]


def _floats(one: NDArray, other: NDArray) -> tuple[Floats, Floats]:
    return one.astype(np.float64), other.astype(np.float64)


def _known(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Leaves out the rows without a value."""
    known = np.isfinite(values)
    return (values, weights) if known.all() else (values[known], weights[:, known])
