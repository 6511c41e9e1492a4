"""The list of files that were not used, each with its reason.

A CSV with the columns `file`, `reason`, `detail`. Nothing that lies in the data folder is lost
without a word: a file is a tf.Example, or it is on this list.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from components.imaging.candidates import suffix_of
from components.runtime.text import quoted_cell, unquoted_cell

FILE_NAME = "quarantine.csv"
NOTES_FILE = "notes.csv"  # of the same form: files that were used, and what was read with care
NOTED = "read_with_note"

# What the listing leaves out by rule is on the list too, but is no fault of the file.
BY_RULE = frozenset(
    {
        "ignored_folder",
        "not_an_image_name",
        "not_in_a_class_folder",
        "outside_rolling_range",
        "over_cap_per_class",
    }
)


@dataclass(frozen=True, order=True)
class Quarantined:
    """A file that was not used.

    Attributes:
        file: path below the data folder, with forward slashes.
        reason: a short code, of `images.UnreadableImage` or of `BY_RULE`.
        detail: a sentence.
    """

    file: str
    reason: str
    detail: str = ""

    @property
    def unreadable(self) -> bool:
        """Whether the file was meant to be used and could not be."""
        return self.reason not in BY_RULE


def summary(items: Iterable[Quarantined]) -> str:
    """Returns the number of files by suffix and reason, most first; '' if there are none.

    As in '12 files not used: 8 .txt (not_an_image_name), 4 .dcm (corrupt)'.
    """
    counts = Counter((suffix_of(item.file), item.reason) for item in items)
    if not counts:
        return ""
    listed = [f"{number} {suffix} ({reason})" for (suffix, reason), number in counts.most_common()]
    total = counts.total()
    return f"{total} {'file' if total == 1 else 'files'} not used: {', '.join(listed)}"


def to_csv(items: Iterable[Quarantined]) -> str:
    """Returns the list as CSV text, sorted by file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("file", "reason", "detail"))
    for item in sorted(items):
        printable = item.file.encode(errors="surrogateescape").decode(errors="replace")
        # The csv module of Python 3.10 can't write NUL, which a damaged DICOM text may hold.
        detail = item.detail.replace("\0", "\ufffd")
        writer.writerow((quoted_cell(printable), item.reason, quoted_cell(detail)))
    return text.getvalue()


def from_csv(text: str) -> list[Quarantined]:
    """Reads what `to_csv` wrote."""
    rows = csv.DictReader(io.StringIO(text))
    return [Quarantined(**{key: unquoted_cell(cell) for key, cell in row.items()}) for row in rows]
