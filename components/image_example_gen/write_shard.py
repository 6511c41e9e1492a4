"""Reads the images of a shard in threads; writes a file for each split, and one of records."""

from collections.abc import Mapping
from contextlib import ExitStack

import apache_beam as beam

from components.image_example_gen.examples import ReadEntry, read_entry
from components.image_example_gen.listing import Entry
from components.image_example_gen.shards import Shard, read_list, write_remarks
from components.imaging.quarantine import Quarantined
from components.recipe.data import DataSection
from components.runtime import progress
from components.runtime.threads import map_in_threads
from components.storage.examples import open_writer


class WriteShard(beam.DoFn):
    """Shard → its files, and its remarks: on files that can't be read, and notes on others.

    A shard that is done again, as after the loss of a worker, replaces its files.

    Args:
        base: the data folder.
        data: the recipe's section.
        folders: split → folder of its TFRecord files.
        measures: folder of the records of `imaging.measures.stored`.
        total: images in all, for the progress.
    """

    def __init__(
        self, base: str, data: DataSection, folders: Mapping[str, str], measures: str, total: int
    ):
        self._base, self._data, self._total = base, data, total
        self._folders, self._measures = folders, measures

    def setup(self) -> None:
        """Runs once a worker."""
        self._counter = progress.Counter(self._total, "images")

    def process(self, shard: Shard) -> None:
        """Writes the files of the shard."""
        entries = read_list(shard)
        remarks: list[Quarantined] = []
        # Each split has a file, if an empty one, or the nodes that read it would miss it.
        present = self._folders if shard.number == 0 else {entry.split for entry in entries}
        with ExitStack() as opened:
            writers = {
                split: opened.enter_context(
                    open_writer(f"{self._folders[split]}/{shard.file_name()}")
                )
                for split in present
            }
            measures = opened.enter_context(open_writer(f"{self._measures}/{shard.file_name()}"))
            results = map_in_threads(self._read, entries)
            for entry, read in zip(entries, results, strict=True):
                remarks += read.remarks
                if read.example is not None:
                    writers[entry.split].write(read.example)
                if read.record is not None:
                    measures.write(read.record)
        write_remarks(shard, remarks)

    def _read(self, entry: Entry) -> ReadEntry:
        read = read_entry(self._base, entry, self._data)
        self._counter.advance()
        return read
