"""Spans, as TFX calls the portions in which images arrive, and the range of them that is used.

The folders tell the span of an image, so that a range is a function of the data folder alone: the
same images on any machine, whatever ran there before.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from components.recipe.data import Spans
from components.runtime.errors import DataError

OUTSIDE = "outside_rolling_range"

_NUMBERS = {
    "{SPAN}": r"(?P<span>\d+)",
    "{YYYY}": r"(?P<year>\d{4})",
    "{MM}": r"(?P<month>\d{2})",
    "{DD}": r"(?P<day>\d{2})",
}
_EPOCH = date(1970, 1, 1)


def in_range(
    labels: Mapping[str, str], spans: Spans | None
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Returns what is in the rolling range, and (path, reason) of the other images.

    The range ends with the latest span that has an image, as in TFX's `SpanRangeStrategy`.

    Args:
        labels: path below the data folder → class of each image.
        spans: the recipe's section; None leaves all as they are.

    Raises:
        DataError: an image lies in no folder of a span, or in two.
    """
    if spans is None or not labels:
        return dict(labels), []
    numbers = span_numbers(list(labels), spans)
    first = max(numbers) - (spans.rolling_range or max(numbers) + 1) + 1
    of = dict(zip(labels, numbers, strict=True))
    kept = {path: label for path, label in labels.items() if of[path] >= first}
    return kept, [(path, OUTSIDE) for path in labels if of[path] < first]


def span_numbers(paths: Sequence[str], spans: Spans) -> list[int]:
    """Returns the number of the span of each image; of a date, the days since 1970, as in TFX.

    Args:
        paths: below the data folder.
        spans: the recipe's section.

    Raises:
        DataError: an image lies in no folder of a span, or in two.
    """
    pattern = _pattern(spans.folder)
    known: dict[str, int] = {}
    numbers = []
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder not in known:
            known[folder] = _span_of(folder, pattern, path, spans)
        numbers.append(known[folder])
    return numbers


def _span_of(folder: str, pattern: re.Pattern[str], path: str, spans: Spans) -> int:
    found = [match for part in folder.split("/") if (match := pattern.fullmatch(part))]
    if len(found) != 1:
        raise DataError(
            f"data.spans.folder is {spans.folder!r}, and {path!r} lies in "
            f"{'no folder' if not found else f'{len(found)} folders'} of such a name: each image "
            "must lie in one, above or below the folder of its class. Move it, or correct "
            "data.spans.folder."
        )
    (match,) = found
    if "span" in match.groupdict():
        return int(match["span"])
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise DataError(
            f"{match[0]!r}, a folder above {path!r}, is no date for data.spans.folder = "
            f"{spans.folder!r}: {error}."
        ) from None
    return (day - _EPOCH).days


def _pattern(folder: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[A-Z]+\})", folder)
    return re.compile("".join(_NUMBERS.get(part, re.escape(part)) for part in parts))
