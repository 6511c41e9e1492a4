"""What separates the columns of a CSV file: not a comma everywhere."""

import csv
import re
from collections.abc import Set

_SEPARATORS = ",;\t|"
_LINE_END = re.compile(r"\r\n|\r|\n")
# The first line of Excel. Saved again, it has quotes, or as many separators as the others.
_NAMED_SEPARATOR = re.compile(r'"?sep=(.)"?\1*', re.IGNORECASE)


def find_separator(text: str, wanted: Set[str]) -> tuple[str, str]:
    """Returns the text without a line `sep=;`, as Excel writes it, and what separates columns.

    It is the one that makes the most wanted columns of the first line, a comma where all are alike.

    Args:
        text: of the file.
        wanted: names of columns.
    """
    first, *rest = _LINE_END.split(text, maxsplit=1)
    if named := _NAMED_SEPARATOR.fullmatch(first):
        return "".join(rest), named[1]

    def columns(separator: str) -> tuple[int, int]:
        names = next(csv.reader([first], delimiter=separator), [])
        return len(wanted & set(names)), len(names)

    return text, max(_SEPARATORS, key=columns)
