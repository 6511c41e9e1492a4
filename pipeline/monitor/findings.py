"""What the monitor finds: its settings, and the result of each check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.monitor.checks.checks import Check, Kind
from pipeline.monitor.checks.trend import Point


@dataclass(frozen=True)
class Settings:
    """How a model is monitored.

    Attributes:
        since: UTC; the first moment.
        until: UTC; the first moment after.
        false_alarms: that are accepted in a year, if the monitor is run once in this span.
        skipped: names of checks that are left out.
    """

    since: datetime
    until: datetime
    false_alarms: float = 1.0
    skipped: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        """Length of the span."""
        return (self.until - self.since).total_seconds() / 86_400


@dataclass(frozen=True)
class Finding:
    """The result of a check.

    Attributes:
        name: of the check.
        kind: which statistic.
        images: compared.
        before: what the reference has: share of each category, quartiles of a distribution, a rate,
            the estimated recall, or of a classifier that can't tell the AUC.
        now: the same of the log.
        effect: Cramér's V of shares, D of a distribution, a difference of rates or recalls, AUC of
            a classifier.
        score: how unusual that is, in the same unit for all checks, from 0 on.
        alarm: whether the score is above the limit.
        p: of a classifier, by permutations of the patients; None for other checks.
    """

    name: str
    kind: Kind
    images: int
    before: Mapping[str, float]
    now: Mapping[str, float]
    effect: float
    score: float
    alarm: bool
    p: float | None = None


@dataclass(frozen=True)
class EstimatedRecall:
    """The recall of a class without labels.

    Attributes:
        label: the class.
        reference: estimated for the reference; NaN where less than one case is expected.
        observed: of the reference, by its labels; NaN without images of the class.
        now: estimated for the log; NaN as for the reference.
        low: lower bound of its 95 % interval, of the sampling error alone.
        high: upper bound.
    """

    label: str
    reference: float
    observed: float
    now: float
    low: float
    high: float


@dataclass(frozen=True)
class Unusual:
    """An image to look at.

    Attributes:
        image: its SHA-256.
        time: of the prediction.
        label: predicted.
        probability: of that.
        out_of_distribution: whether the model says so.
        unlike_reference: whether it is named since the embeddings have changed, as one of those
            that the classifier is surest to be of today.
        tags: of the scanner, as far as known.
    """

    image: str
    time: str
    label: str
    probability: float
    out_of_distribution: bool
    unlike_reference: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Monitored:
    """What was found.

    Attributes:
        settings: of the run.
        predictions: in the log, of this version.
        images: different ones among them, which are compared.
        reference_images: that they are compared with.
        reference_patients: of these.
        folds: whether the reference is of a cross-validation.
        embedded: images of the reference and of the log with an embedding.
        findings: of each check, the most unusual first.
        limit: of the scores.
        recalls: of each class, without labels.
        latency: 'median' and '95 %' → milliseconds of a request.
        tags: tag of the scanner → predictions.
        faults: what in the log can't be used → lines.
        unusual: images to look at.
        trend: this span and those before, the oldest first.
        checks: with the values of all images, for pictures.
    """

    settings: Settings
    predictions: int
    images: int
    reference_images: int
    reference_patients: int
    folds: bool
    embedded: tuple[int, int]
    findings: tuple[Finding, ...]
    limit: float
    recalls: tuple[EstimatedRecall, ...]
    latency: Mapping[str, float]
    tags: Mapping[str, int]
    faults: Mapping[str, int]
    unusual: tuple[Unusual, ...]
    trend: tuple[Point, ...]
    checks: tuple[Check, ...] = field(repr=False, compare=False)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings above the limit."""
        return tuple(finding for finding in self.findings if finding.alarm)

    @property
    def repeated(self) -> float:
        """Share of the predictions whose image was asked about before."""
        return 1 - self.images / self.predictions
