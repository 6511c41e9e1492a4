"""Cron expressions as Kubeflow Pipelines reads them: six fields, seconds first.

The scheduler reads a five-field line without complaint and misunderstands it: `0 2 * * 0`, meant as
Sunday at two, becomes second 0 of minute 2 of every hour. So an expression is checked here, by the
scheduler's rules, which are narrower than those of most crons.
"""

import re
from datetime import datetime, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kubeflow.errors import PipelinesError

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Name, lowest, highest, names from the lowest up.
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of the month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_PART = re.compile(r"(?P<low>\*|\?|\w+)(-(?P<high>\w+))?(/(?P<step>\d+))?")


def check_cron(expression: str) -> str:
    """Returns the expression with single spaces.

    Raises:
        PipelinesError: it has not six fields, or a field is not what the scheduler reads.
    """
    fields = expression.split()
    if len(fields) == 5:
        raise PipelinesError(
            f"Kubeflow Pipelines reads six fields, seconds first. Received the five fields "
            f'{expression!r}; with seconds it is --cron "0 {" ".join(fields)}"'
        )
    if len(fields) != 6:
        raise PipelinesError(
            "--cron takes six fields: second minute hour day-of-month month day-of-week, e.g. "
            f'"0 0 2 * * SUN" for Sunday at two. Received {len(fields)}: {expression!r}'
        )
    for text, (name, lowest, highest, names) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if not _fits(part, lowest, highest, names):
                example = f", or {names[0].upper()}-{names[-1].upper()}" if names else ""
                raise PipelinesError(
                    f"The {name} of --cron takes numbers from {lowest} to {highest}{example}, "
                    f"ranges upwards such as {lowest}-{highest}, steps such as */2, lists with "
                    f"commas, and *. Received: {text!r} in {expression!r}"
                )
    _refuse_two_day_rules(fields[3], fields[5], expression)
    return " ".join(fields)


def next_times(
    expression: str, count: int, *, zone: ZoneInfo, after: datetime | None = None
) -> list[datetime]:
    """Returns when a checked expression fires next.

    Args:
        expression: from `check_cron`.
        count: how many at most; fewer if it hardly ever fires.
        zone: in which the scheduler reads it.
        after: aware; now by default.

    Returns:
        Aware times in `zone`, ascending.

    Raises:
        PipelinesError: it never fires.
    """
    from croniter import CroniterBadDateError, croniter

    start = (after or datetime.now(timezone.utc)).astimezone(zone)
    times = croniter(expression.replace("?", "*"), start, second_at_beginning=True)
    found: list[datetime] = []
    try:
        while len(found) < count:
            found.append(times.get_next(datetime))
    except CroniterBadDateError:
        if not found:
            raise PipelinesError(f"No such day ever comes: --cron {expression!r}") from None
    return found


def find_zone(name: str) -> ZoneInfo:
    """Returns a time zone by its name in the IANA database.

    Raises:
        PipelinesError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PipelinesError(
            f"There is no time zone {name!r}. Names are such as UTC or Europe/Berlin."
        ) from None


def _fits(part: str, lowest: int, highest: int, names: list[str]) -> bool:
    match = _PART.fullmatch(part)
    if not match or (match["step"] is not None and int(match["step"]) < 1):
        return False
    if match["low"] in "*?":
        return match["high"] is None
    low = _number(match["low"], lowest, names)
    high = low if match["high"] is None else _number(match["high"], lowest, names)
    return low is not None and high is not None and lowest <= low <= high <= highest


def _number(text: str, lowest: int, names: list[str]) -> int | None:
    if text.isdecimal():
        return int(text)
    return names.index(text.lower()) + lowest if text.lower() in names else None


def _refuse_two_day_rules(day: str, weekday: str, expression: str) -> None:
    """Refuses `*/2` for one day field and a choice in the other: crons differ on and / or there."""
    stepped = any(text.startswith(("*/", "?/")) for text in (day, weekday))
    if stepped and not {"*", "?"} & {day, weekday}:
        raise PipelinesError(
            "--cron may step through the days of the month or those of the week, not choose among "
            f"both. Received: {expression!r}; write the days as a list."
        )
