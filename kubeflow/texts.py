"""Times, durations and columns, as the terminal shows them; text as Markdown."""

from datetime import datetime

# What the task Retraining answers, and a package asks.
YES, NO = "yes", "no"


def moment(time: datetime | None) -> str:
    """Returns a time in the zone of this machine, e.g. `2026-11-21 02:00`."""
    return f"{time.astimezone():%Y-%m-%d %H:%M}" if time and time.year > 1970 else "-"


def duration(seconds: float | None) -> str:
    """Returns e.g. `12 s`, `3 min 5 s` or `2 h 10 min`; `-` for None."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def columns(titles: list[str], rows: list[list[str]]) -> str:
    """Returns rows below each other, two spaces apart; nothing if there are none.

    Not a table that bends to the terminal: an id or an error must stay whole to be copied.
    """
    if not rows:
        return ""
    lines = [titles, *rows] if titles else rows
    widths = [max(len(line[column]) for line in lines) for column in range(len(rows[0]))]
    texts = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join(texts)


def markdown(text: str) -> str:
    """Returns text that Markdown leaves alone; class names may hold anything."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in text)
