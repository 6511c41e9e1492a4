"""Numbers as people read them."""

import math

_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def number(value: float | None) -> str:
    """Returns two decimals, or a dash for an unknown value."""
    return "-" if value is None or math.isnan(value) else f"{value:.2f}"


def interval(low: float, high: float) -> str:
    """Returns both bounds, or a dash for unknown ones."""
    return "-" if math.isnan(low) else f"{low:.2f}-{high:.2f}"


def ordinal(count: int) -> str:
    """Returns 1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = "th" if count % 100 in (11, 12, 13) else _ENDINGS.get(count % 10, "th")
    return f"{count}{ending}"
