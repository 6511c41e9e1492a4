"""From the reference and the log to what is found."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from components.gate.pushed_reference import Reference
from components.uncertainty.intervals import Z_95
from pipeline.monitor.checks.checks import Check, checks_between, images_of
from pipeline.monitor.checks.domain_classifier import domain_scores, permutation_p
from pipeline.monitor.checks.estimated_recall import estimated_recall, observed_recall
from pipeline.monitor.checks.limits import Limits, alarm_rate, limits_of
from pipeline.monitor.checks.sample import Sample, sample_of
from pipeline.monitor.checks.statistics import Compared
from pipeline.monitor.checks.trend import trend_of
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.findings import EstimatedRecall, Finding, Monitored, Settings, Unusual
from serving.request_log.reader import Logged

LEAST_IMAGES = 20
_UNUSUAL = 10  # images that are named


def monitor(
    reference: Reference, logged: Logged, history: Iterable[Logged], settings: Settings
) -> Monitored:
    """Compares what was logged with the reference.

    Args:
        reference: of the version.
        logged: of the span.
        history: of the spans before, in parts, for the trend.
        settings: of the run.

    Raises:
        MonitorError: too few images, or a check to skip is unknown.
    """
    different = logged.chosen(_last_of_each(logged.images))
    if len(different) < LEAST_IMAGES:
        raise MonitorError(
            f"To compare, the log needs at least {LEAST_IMAGES} different images. From "
            f"{settings.since:%Y-%m-%d %H:%M} to {settings.until:%Y-%m-%d %H:%M} UTC it has "
            f"{len(different)} of this version{_fault_words(logged.faults)}. Choose a longer "
            "--since, or look whether the predictions are logged at all."
        )
    before, now = sample_of(reference), sample_of(different)
    checks = _chosen(checks_between(before, now, reference.classes), settings.skipped)
    rate = alarm_rate(settings.false_alarms, settings.days)
    limits = limits_of(checks, reference.patients, len(now), rate)
    ones = np.ones((1, len(before))), np.ones((1, len(now)))
    compared = [check.compare(*ones) for check in checks]
    findings = [
        _finding(check, one, scale, limits.limit)
        for check, one, scale in zip(checks, compared, limits.scale, strict=True)
    ]
    return Monitored(
        settings=settings,
        predictions=len(logged),
        images=len(different),
        reference_images=len(before),
        reference_patients=len(np.unique(reference.patients)),
        folds=reference.folds,
        embedded=(len(before.embedded), len(now.embedded)),
        findings=tuple(sorted(findings, key=lambda finding: -finding.score)),
        limit=limits.limit,
        recalls=_recalls(reference, before, now, checks, limits),
        latency={
            name: float(np.nanpercentile(logged.latency, percent))
            for name, percent in (("median", 50), ("95 %", 95))
            if np.isfinite(logged.latency).any()
        },
        tags=dict(logged.tags.most_common()),
        faults=dict(logged.faults),
        unusual=_unusual(different, now, reference.classes, _typical(findings, before, now)),
        trend=trend_of(logged, history, settings.since, settings.until, reference.classes),
        checks=tuple(checks),
    )


def _last_of_each(images: NDArray) -> NDArray[np.intp]:
    """Returns the row of the last prediction for each image, in their order."""
    _, from_the_end = np.unique(images[::-1], return_index=True)
    return np.sort(len(images) - 1 - from_the_end)


def _fault_words(faults: Mapping[str, int]) -> str:
    found = ", ".join(f"{name}: {count}" for name, count in faults.items())
    return f" ({found})" if found else ""


def _chosen(checks: list[Check], skipped: Sequence[str]) -> list[Check]:
    names = [check.name for check in checks]
    if unknown := [name for name in skipped if name not in names]:
        raise MonitorError(
            f"The checks are {', '.join(names)}. Received: --skip {unknown[0]!r}. Name one of them."
        )
    chosen = [check for check in checks if check.name not in skipped]
    if not chosen:
        raise MonitorError("At least one check has to be left. Received: --skip for each of them.")
    return chosen


def _finding(check: Check, compared: Compared, scale: float, limit: float) -> Finding:
    score = max(0.0, float(compared.score[0]) / scale)
    effect, domain = float(compared.effect[0]), check.kind == "domain"
    return Finding(
        name=check.name,
        kind=check.kind,
        images=check.rows,
        before={"AUC": 0.5} if domain else _described(check, 0),
        now={"AUC": effect} if domain else _described(check, 1),
        effect=effect,
        score=score,
        alarm=score > limit,
        p=_permutation_p(*check.samples) if domain and check.samples else None,
    )


def _permutation_p(before: Sample, now: Sample) -> float:
    one, other = ((images_of(of), of.patients[of.embedded]) for of in (before, now))
    return permutation_p(*one, *other)


def _described(check: Check, which: int) -> dict[str, float]:
    if check.samples is not None:
        sample = check.samples[which]
        recall = estimated_recall(sample, np.ones((1, len(sample))))[0, check.index]
        return {"recall": float(recall)}
    values = (check.one, check.other)[which]
    values = values[np.isfinite(values)]
    if check.kind == "distribution":
        quartiles = np.percentile(values, [25, 50, 75]).tolist()
        return dict(zip(("25 %", "median", "75 %"), quartiles, strict=True))
    if check.kind == "rate":
        return {"share": float(values.mean())}
    return {
        name: float((values == number).mean())
        for number, name in enumerate(check.categories)
        if name
    }


def _recalls(
    reference: Reference, before: Sample, now: Sample, checks: Sequence[Check], limits: Limits
) -> tuple[EstimatedRecall, ...]:
    """Returns the estimates of the classes whose check was not skipped."""
    observed = observed_recall(before, reference.labels)
    found = []
    for check, own in zip(checks, limits.own_errors, strict=True):
        if check.kind == "recall":
            usual, value = (
                float(estimated_recall(sample, np.ones((1, len(sample))))[0, check.index])
                for sample in (before, now)
            )
            low, high = np.clip([value - Z_95 * own, value + Z_95 * own], 0.0, 1.0).tolist()
            found.append(
                EstimatedRecall(
                    label=reference.classes[check.index],
                    reference=usual,
                    observed=float(observed[check.index]),
                    now=value,
                    low=low,
                    high=high,
                )
            )
    return tuple(found)


def _typical(findings: Sequence[Finding], before: Sample, now: Sample) -> NDArray[np.intp]:
    """Returns the images that the classifier is surest of; none if it can't tell for certain."""
    if not any(finding.kind == "domain" and finding.alarm for finding in findings):
        return np.zeros(0, np.intp)
    scores = domain_scores(images_of(before), images_of(now))
    rows: NDArray[np.intp] = now.embedded[np.argsort(-scores)[: _UNUSUAL // 2]]
    return rows


def _unusual(
    logged: Logged, now: Sample, classes: tuple[str, ...], typical: NDArray[np.intp]
) -> tuple[Unusual, ...]:
    """Returns the typical images, those unlike the training images, and the least sure ones."""
    strange, highest = now.out_of_distribution == 1, now.probabilities.max(-1)
    scores = np.nan_to_num(logged.scores, nan=0.0)
    order = np.lexsort((highest, -scores * strange, ~strange))
    rows = [*typical, *order[~np.isin(order, typical)]][:_UNUSUAL]
    return tuple(
        Unusual(
            image=logged.images[row].decode(),
            time=str(logged.times[row]),
            label=classes[now.predicted[row]],
            probability=float(highest[row]),
            out_of_distribution=bool(strange[row]),
            unlike_reference=bool(row in typical),
            tags={name: values[row] for name, values in logged.scanner.items() if values[row]},
        )
        for row in rows
    )
