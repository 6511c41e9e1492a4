"""Text from outside: safe to be shown on one line, and in the order that people expect."""

import re
from unicodedata import category

_NO_TEXT = ("Cc", "Zl", "Zp")  # control characters, line and paragraph separators
_FORMULA = tuple("=+-@\t\r'")  # for a spreadsheet; the apostrophe keeps it from that


def one_line(text: str) -> str:
    r"""Returns text without line breaks, control characters and broken UTF-8: `\n`, `\xff`.

    A terminal obeys control characters: a file name could move its cursor, or set its title.
    """
    text = text.encode(errors="surrogateescape").decode(errors="backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode() if category(char) in _NO_TEXT else char
        for char in text
    )


def quoted_cell(text: str) -> str:
    """Puts an apostrophe before text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def unquoted_cell(cell: str) -> str:
    """Reverts `quoted_cell`."""
    return cell.removeprefix("'")


def natural_order(text: str) -> list[str]:
    """Returns a key to sort by: numbers within text count as such, so that 5-9 is before 10+."""
    parts = re.split(r"(\d+)", text)
    numbers = [part.lstrip("0") for part in parts[1::2]]
    parts[1::2] = [f"{len(digits):09}{digits}" for digits in numbers]
    return parts
