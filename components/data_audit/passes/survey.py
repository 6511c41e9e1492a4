"""What adds up over all images."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from components.data_audit.checks.counts import Counts, read_counts
from components.data_audit.checks.identity import Column, read_column
from components.data_audit.checks.quality import short_side
from components.imaging.measures.image_record import ImageRecord


@dataclass
class Survey:
    """Sums over images; those of parts add up.

    Attributes:
        counts: images by class, split and subgroup.
        sides: short side in pixels → images.
        columns: of the metadata.
        annotated: images with EXIF or text chunks.
    """

    counts: Counts = field(default_factory=Counts)
    sides: Counter[int] = field(default_factory=Counter)
    columns: dict[str, Column] = field(default_factory=dict)
    annotated: int = 0

    @property
    def images(self) -> int:
        """How many there are."""
        return self.sides.total()

    def add(self, picture: ImageRecord) -> None:
        """Adds an image."""
        self.counts.add(picture)
        self.sides[short_side(picture)] += 1
        self.annotated += bool(picture.annotations)
        for name, value in picture.metadata.items():
            self.columns.setdefault(name, Column()).add(picture.patient, value)

    def merge(self, other: "Survey") -> None:
        """Adds other images."""
        self.counts.merge(other.counts)
        self.sides.update(other.sides)
        self.annotated += other.annotated
        for name, column in other.columns.items():
            self.columns.setdefault(name, Column()).merge(column)

    def to_bytes(self) -> bytes:
        """Returns JSON."""
        columns = {name: column.plain() for name, column in self.columns.items()}
        plain = [self.counts.plain(), list(self.sides.items()), columns, self.annotated]
        return json.dumps(plain).encode()


def read_survey(parts: Iterable[bytes]) -> Survey:
    """Returns the sum of what `Survey.to_bytes` has returned."""
    whole = Survey()
    for part in parts:
        counts, sides, columns, annotated = json.loads(part)
        of_part = {name: read_column(plain) for name, plain in columns.items()}
        whole.merge(Survey(read_counts(counts), Counter(dict(sides)), of_part, annotated))
    return whole
