"""Spans of time on the command line."""

import re
from datetime import datetime, timedelta, timezone

from pipeline.monitor.checks.limits import alarm_rate
from pipeline.monitor.errors import MonitorError

_LENGTH = re.compile(r"(\d+)([hdw])")
_RAREST, _MOST = 0.001, 0.5  # rarer ones need too many resamples
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def length_of(text: str) -> timedelta:
    """Reads a length such as '7d'.

    Raises:
        MonitorError: it is none.
    """
    if (match := _LENGTH.fullmatch(text)) and int(match[1]) and len(match[1]) < 5:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    raise MonitorError(
        f"A length of time is a number of hours, days or weeks, such as 24h, 7d or 2w. Received: "
        f"{text!r}."
    )


def moment_of(text: str | None, now: datetime) -> datetime:
    """Reads a time of ISO 8601, in UTC where it names no zone; None is now.

    Raises:
        MonitorError: it is none, or in the future.
    """
    if text is None:
        return now
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise MonitorError(
            "A moment is a date or time such as 2026-11-28 or 2026-11-28T12:00. Received: "
            f"{text!r}."
        ) from error
    found = found.replace(tzinfo=found.tzinfo or timezone.utc).astimezone(timezone.utc)
    if found > now:
        raise MonitorError(f"Only the past can be monitored. Received: {text!r}.")
    return found


def rate_of(false_alarms: float, length: timedelta) -> float:
    """Returns the share of quiet runs that may raise an alarm, see `limits.alarm_rate`.

    Raises:
        MonitorError: so many false alarms a year leave nothing to find, or none can be known.
    """
    rate = alarm_rate(false_alarms, length.total_seconds() / 86_400)
    if not _RAREST <= rate <= _MOST:
        raise MonitorError(
            f"Of the runs of a quiet year, {_RAREST:.1%} to {_MOST:.0%} may raise an alarm. "
            f"Received: {false_alarms:g} false alarms a year in runs of {length}, which is "
            f"{rate:.2%}. Choose another --false-alarms or --since."
        )
    return rate
