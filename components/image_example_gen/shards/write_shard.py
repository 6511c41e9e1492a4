"""Reads the images of a shard in threads; writes Examples, measures and the manifest."""

import os
from collections.abc import Mapping
from contextlib import ExitStack

import apache_beam as beam

from components.image_example_gen.shards.examples import ReadEntry, read_entry
from components.image_example_gen.shards.shards import Shards, entry_of
from components.imaging import quarantine
from components.recipe.data import DataSection
from components.runtime import progress
from components.runtime.threads import map_in_threads
from components.storage.examples import open_writer
from components.storage.manifest import Row, write_rows


class WriteShard(beam.DoFn):
    """Number → a file for each split, one of measures, and one of the manifest.

    A shard that is done again, as after the loss of a worker, replaces its files.

    Args:
        base: the data folder.
        data: the recipe's section.
        shards: with their parts.
        folders: split → folder of its TFRecord files.
        measures: folder of the records of `imaging.measures.stored`.
        manifest: folder of the rows.
        total: images in all, for the progress.
    """

    def __init__(
        self,
        base: str,
        data: DataSection,
        shards: Shards,
        folders: Mapping[str, str],
        measures: str,
        manifest: str,
        total: int,
    ):
        self._base, self._data, self._shards, self._total = base, data, shards, total
        self._folders, self._measures, self._manifest = folders, measures, manifest

    def setup(self) -> None:
        """Runs once a worker."""
        self._counter = progress.Counter(self._total, "images")

    def process(self, number: int) -> None:
        """Writes the files of the shard."""
        rows = self._shards.read(number)
        images = [row for row in rows if not row["reason"]]
        # Each split has a file, if an empty one, or the nodes that read it would miss it.
        present = self._folders if number == 0 else {row["split"] for row in images}
        with ExitStack() as opened:
            name = self._shards.file_name(number, "gz")
            writers = {
                split: opened.enter_context(open_writer(os.path.join(self._folders[split], name)))
                for split in present
            }
            measures = opened.enter_context(open_writer(os.path.join(self._measures, name)))
            for row, read in zip(images, map_in_threads(self._read, images), strict=True):
                row.update(_result(read))
                if read.example is not None:
                    writers[row["split"]].write(read.example)
                if read.record is not None:
                    measures.write(read.record)
        # Last: a shard with its manifest is complete.
        write_rows(os.path.join(self._manifest, self._shards.file_name(number, "parquet")), rows)

    def _read(self, row: Row) -> ReadEntry:
        read = read_entry(self._base, entry_of(row), self._data)
        self._counter.advance()
        return read


def _result(read: ReadEntry) -> Row:
    """Returns the columns that are known once the image is read."""
    columns: Row = {"digest": read.digest}
    for remark in read.remarks:
        if remark.reason == quarantine.NOTED:
            columns.setdefault("notes", []).append(remark.detail)
        else:
            detail = remark.detail.encode(errors="replace").decode()
            columns |= {"reason": remark.reason, "detail": detail}
    return columns
