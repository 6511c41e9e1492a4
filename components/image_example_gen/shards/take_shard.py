"""Takes a shard of an earlier run over: as it is, or without the images that are lost."""

import os
from collections.abc import Sequence

import apache_beam as beam
from tfx.dsl.io import fileio

from components.image_example_gen.shards.earlier_shards import EarlierShard
from components.imaging.measures.stored import FOLDER as MEASURES
from components.imaging.measures.stored import feature_values
from components.storage.examples import open_writer, records
from components.storage.manifest import FOLDER as MANIFEST
from components.storage.manifest import encode, read_shard, write_rows
from components.storage.taken_over import take_over


class TakeShard(beam.DoFn):
    """Earlier shard → the same files as `WriteShard` writes; no image is decoded.

    Args:
        earlier: address of the earlier Examples.
        uri: of the Examples.
        folders: names of the folders of the splits, in both.
        run: number of this run, see `EarlierShard.run`.
    """

    def __init__(self, earlier: str, uri: str, folders: Sequence[str], run: int):
        self._earlier, self._uri, self._run = earlier, uri, run
        self._folders = list(folders)

    def process(self, shard: EarlierShard) -> None:
        """Writes the files."""
        name = shard.name_in(self._run)
        for folder in (*self._folders, MEASURES):
            source = os.path.join(self._earlier, folder, f"{shard.name}.gz")
            if fileio.exists(source):
                target = os.path.join(self._uri, folder, f"{name}.gz")
                if shard.lost:
                    _copy_kept(source, target, shard.lost, inner=folder == MEASURES)
                else:
                    take_over(source, target)
        manifest = os.path.join(self._uri, MANIFEST, f"{name}.parquet")
        if shard.lost:
            rows = read_shard(self._earlier, shard.name)
            write_rows(manifest, [row for row in rows if row["path"] not in shard.lost])
        else:
            take_over(os.path.join(self._earlier, MANIFEST, f"{shard.name}.parquet"), manifest)


def _copy_kept(source: str, target: str, lost: frozenset[str], inner: bool) -> None:
    """Copies the records of the images that stay.

    Args:
        source: GZIP TFRecord.
        target: likewise.
        lost: paths of the images that don't.
        inner: whether a record holds the Example, as that of measures does, or is it.
    """
    names = {encode(path) for path in lost}
    with open_writer(target) as writer:
        for record in records([source]).as_numpy_iterator():
            example = feature_values(record)["example"] if inner else record
            if feature_values(example)["filename"] not in names:
                writer.write(record)
