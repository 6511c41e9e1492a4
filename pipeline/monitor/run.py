"""One run of the monitor, from the pushed models and the log to what is found."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from components.gate.pushed_gate import read_gate
from components.gate.pushed_reference import Reference, read_reference
from pipeline.monitor.checks.trend import SPANS
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.findings import Settings
from pipeline.monitor.labels.labels import Matched, match, read_labels
from pipeline.monitor.labels.truth import Truth, judge_by_labels
from pipeline.monitor.monitoring import monitor
from pipeline.monitor.outputs.outcome import Outcome
from pipeline.monitor.shadow import Shadowed, compare_shadow
from pipeline.monitor.span import length_of, moment_of, rate_of
from serving.promotion.labels import SHADOW
from serving.promotion.model_selection import choose_version, labelled_version
from serving.request_log.reader import Logged, Span, read_parts, read_span
from serving.request_log.study import read_study_key
from serving.request_log.table import compact


@dataclass(frozen=True)
class Question:
    """What is to be monitored.

    Attributes:
        models: folder of pushed models.
        model: name.
        log: folder of the request log, or its address at s3://.
        version: None for the one whose predictions clinics get.
        since: length of the span, such as '7d'.
        until: its end, ISO 8601; None for now.
        false_alarms: accepted in a year.
        skip: names of checks that are left out.
        truth: CSV file of labels, or None.
        images: folder of the files that were sent, or None.
        shadow: version that is compared with the served one; None for the one labelled `shadow`.
    """

    models: Path
    model: str
    log: str
    version: int | None = None
    since: str = "7d"
    until: str | None = None
    false_alarms: float = 1.0
    skip: tuple[str, ...] = ()
    truth: Path | None = None
    images: Path | None = None
    shadow: int | None = None


def run_monitor(asked: Question) -> Outcome:
    """Compares the predictions of a span with those that the gate judged, and with labels.

    Past days of the log become Parquet files.

    Raises:
        MonitorError: the version has no reference, or the log or the labels can't be used.
        VersionError: there is no such model or version.
        RequestLogError: the log can't be read.
    """
    now = datetime.now(timezone.utc)
    end, length = moment_of(asked.until, now), length_of(asked.since)
    rate_of(asked.false_alarms, length)
    number = choose_version(asked.models / asked.model, asked.version)
    folder = asked.models / asked.model / str(number)
    reference = read_reference(folder)
    if reference is None:
        raise MonitorError(
            "To monitor, a version needs the predictions that the gate judged. Version "
            f"{number} of {asked.model} has none: it was pushed by an earlier medtfx. Push the "
            "model again with `medtfx run`."
        )
    settings = Settings(end - length, end, asked.false_alarms, asked.skip)
    with suppress(OSError):  # a log that only others may write is read as it is
        compact(asked.log, now.date())
    start = settings.since
    span = Span(asked.model, number, reference.classes, start, end, now)
    logged = read_span(asked.log, span)
    history = read_parts(asked.log, replace(span, since=start - (SPANS - 1) * length, until=start))
    found = monitor(reference, logged, history, settings)
    matched = _matched(asked, reference, logged)
    truth = None if matched is None else _truth(folder, reference, logged, matched)
    shadow = _shadow(asked, span, logged, matched)
    return Outcome(asked.model, number, folder, found, truth, matched, shadow)


def _matched(asked: Question, reference: Reference, logged: Logged) -> Matched | None:
    if asked.truth is None:
        return None
    key = read_study_key(asked.log)
    return match(logged, read_labels(asked.truth, reference.classes, asked.images, key))


def _shadow(
    asked: Question, span: Span, logged: Logged, matched: Matched | None
) -> Shadowed | None:
    version = asked.shadow or labelled_version(asked.models, asked.model, SHADOW)
    if version is None or version == span.version:
        return None
    beside = read_span(asked.log, replace(span, version=version))
    return compare_shadow(version, logged, beside, span.classes, matched)


def _truth(folder: Path, reference: Reference, logged: Logged, matched: Matched) -> Truth:
    gate = read_gate(folder)
    if gate is None:
        raise MonitorError(
            f"The floors of a version are in its gate.json, which is missing in {folder}. Push the "
            "model again."
        )
    return judge_by_labels(logged, matched, reference.classes, gate.evaluation)
