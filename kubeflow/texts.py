"""Times, durations and columns, as the terminal shows them; text as Markdown."""

from datetime import datetime

# The result of the task Retraining, on which a package's condition depends.
YES, NO = "yes", "no"

_WIDER_THAN_ANY_ROW = 10_000


def moment(time: datetime | None) -> str:
    """Returns a time in the time zone of this machine, e.g. `2026-11-21 02:00`."""
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
    """Returns rows as columns under their titles; an empty text if there are no rows.

    Nothing is wrapped to the width of the terminal: an id or an error stays whole, to be copied.
    """
    if not rows:
        return ""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*titles, box=None, show_header=bool(titles), pad_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=_WIDER_THAN_ANY_ROW, color_system=None)
    with console.capture() as printed:
        console.print(table)
    return "\n".join(line.rstrip() for line in printed.get().splitlines())


def markdown(text: str) -> str:
    """Returns text with the signs of Markdown escaped; a class name may contain any of them."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in text)
