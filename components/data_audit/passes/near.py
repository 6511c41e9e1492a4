"""Pairs of many pictures that may be nearly the same, by sorted tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from components.data_audit.checks.candidate_pairs import PICTURE, neighbours, table_keys
from components.data_audit.passes.workplace import Piece, read_file

PAIRS = "pairs"
_KEYED = np.dtype([("key", "<u8"), ("picture", PICTURE)])


@dataclass(frozen=True)
class NearPass:
    """File of different pictures → pairs of them.

    Attributes:
        tables: numbers of the tables.
        parts: into which the pictures of each table are divided, by the first bits of its keys; a
            power of two.
        distance: bits of 64 by which the hashes of a pair may differ.
        similarity: lowest correlation of their fine detail.
    """

    tables: Sequence[int]
    parts: int
    distance: int
    similarity: float

    def emit(self, item: str) -> Iterator[Piece]:
        """Returns the rows of a file, for each table and part."""
        rows = np.frombuffer(read_file(item), PICTURE)
        for table in self.tables:
            keyed = np.empty(len(rows), _KEYED)
            keyed["key"], keyed["picture"] = table_keys(rows, table), rows
            part_of = (keyed["key"] >> np.uint64(32)) * np.uint64(self.parts) >> np.uint64(32)
            for part in np.unique(part_of).tolist():
                yield f"{table:03d}-{part:05d}", keyed[part_of == part].tobytes()

    def reduce(self, key: str, pieces: Iterable[bytes]) -> Iterator[Piece]:
        """Returns the pairs of a part of a table, if there are any."""
        rows = np.frombuffer(b"".join(pieces), _KEYED)
        pairs = np.stack(neighbours(rows["picture"], rows["key"], self.distance, self.similarity))
        if pairs.size:
            yield f"{PAIRS}-{key}", pairs.tobytes()
