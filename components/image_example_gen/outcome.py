"""What became of the files, read from the manifest."""

from collections import Counter
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from components.imaging.quarantine import NOTED, Quarantined
from components.storage.manifest import decode, read_tables


@dataclass
class Outcome:
    """What became of the files.

    Attributes:
        counts: class → split → Examples.
        not_used: the other files, with their reasons.
        notes: what was read differently from what a file states.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    not_used: list[Quarantined] = field(default_factory=list)
    notes: list[Quarantined] = field(default_factory=list)

    @property
    def unreadable(self) -> list[Quarantined]:
        """Files that were meant to be used."""
        return [item for item in self.not_used if item.unreadable]

    @property
    def images(self) -> int:
        """Number of Examples."""
        return sum(found.total() for found in self.counts.values())


def read_outcome(examples_uri: str) -> Outcome:
    """Reads the manifest shard by shard; only what was not used, and notes, stay in memory."""
    outcome = Outcome()
    columns = ("path", "label", "split", "reason", "detail", "notes")
    for table in read_tables(examples_uri, columns):
        used = pc.is_null(table["reason"])
        for row in table.filter(pc.invert(used)).to_pylist():
            path = decode(row["path"])
            outcome.not_used.append(Quarantined(path, row["reason"], row["detail"] or ""))
        _count(table.filter(used), outcome)
        noted = table.filter(
            pc.fill_null(pc.greater(pc.list_value_length(table["notes"]), 0), False)
        )
        for row in noted.to_pylist():
            path = decode(row["path"])
            outcome.notes += [Quarantined(path, NOTED, note) for note in row["notes"]]
    return outcome


def _count(used: pa.Table, outcome: Outcome) -> None:
    pairs = zip(used["label"].to_pylist(), used["split"].to_pylist(), strict=True)
    for (label, split), number in Counter(pairs).items():
        outcome.counts.setdefault(label or "", Counter())[split] += number
