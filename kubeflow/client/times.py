"""The times of Kubeflow Pipelines' API."""

from datetime import datetime, timezone


def moment_of(text: str | None) -> datetime | None:
    """Reads a time of the API, which is in UTC; None for its zeros, the years 1 and 1970."""
    if not text:
        return None
    # Without the fraction of a second, which has up to nine digits.
    moment = datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc)
    return moment if moment.year > 1970 else None


def seconds_between(begin: datetime | None, end: datetime | None) -> float | None:
    """Returns the seconds from begin to end, or until now; None before it began."""
    if begin is None:
        return None
    return max(0.0, ((end or datetime.now(timezone.utc)) - begin).total_seconds())
