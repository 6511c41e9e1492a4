"""The lists of what goes into which file: Beam hands out paths of lists, not the entries.

What was remarked on the files of a list is written beside it.

A runner takes the whole job with everything it hands out: a million entries would be too much for
any, a path for each 500 of them is not. Each list is a sample of the whole set, so that whoever
reads a few files, or shuffles what lies near, meets every class.
"""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from tfx.dsl.io import fileio

from components.image_example_gen.listing import Entry
from components.image_example_gen.patients import hash_patient
from components.imaging.quarantine import Quarantined
from components.runtime.hashing import hash_to_unit

IMAGES = 500  # of a shard: 30 MB of small PNG files, 500 MB of large radiographs


@dataclass(frozen=True)
class Shard:
    """What is read and written as one piece of work.

    Attributes:
        number: from 0.
        of: how many there are.
        path: of its list.
    """

    number: int
    of: int
    path: str

    def file_name(self) -> str:
        """Returns the name of its TFRecord file, in the folder of each split."""
        return f"data_tfrecord-{self.number:05d}-of-{self.of:05d}.gz"

    @property
    def remarks_path(self) -> str:
        """Path of the list of remarks, which is written when the shard is done."""
        return f"{self.path}.remarks"


def write_lists(entries: Sequence[Entry], key: bytes, folder: str) -> list[Shard]:
    """Deals the entries to shards and writes a list for each.

    Args:
        entries: of a listing.
        key: secret of the patient hash, under which patients stand in the lists.
        folder: where the lists go.
    """
    count = max(1, round(len(entries) / IMAGES))
    ordered = sorted(entries, key=lambda entry: hash_to_unit(entry.relative, "shard"))
    shards = []
    for number in range(count):
        shard = Shard(number, count, os.path.join(folder, f"entries-{number:05d}.jsonl"))
        hashed = [
            replace(entry, patient=hash_patient(entry.patient, key))
            for entry in ordered[number::count]
        ]
        with fileio.open(shard.path, "w") as file:
            file.write("".join(f"{json.dumps(asdict(entry))}\n" for entry in hashed))
        shards.append(shard)
    return shards


def read_list(shard: Shard) -> list[Entry]:
    """Returns the entries of a shard; patients are hashed."""
    with fileio.open(shard.path, "r") as file:
        return [Entry(**json.loads(line)) for line in file.read().splitlines()]


def write_remarks(shard: Shard, remarks: Iterable[Quarantined]) -> None:
    """Writes the remarks on the files of a shard; those of an earlier attempt are replaced."""
    with fileio.open(shard.remarks_path, "w") as file:
        file.write("".join(f"{json.dumps(asdict(remark))}\n" for remark in remarks))


def read_remarks(shard: Shard) -> list[Quarantined]:
    """Returns what `write_remarks` has written."""
    with fileio.open(shard.remarks_path, "r") as file:
        return [Quarantined(**json.loads(line)) for line in file.read().splitlines()]
