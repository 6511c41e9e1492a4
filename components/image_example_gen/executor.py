"""Reads the images with Beam and writes the splits and the quarantine list."""

import dataclasses
import json
import os
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx import types
from tfx.components.util import examples_utils
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils

from components import progress
from components.errors import DataError
from components.image_example_gen import quarantine, splits
from components.image_example_gen.examples import read_entry
from components.image_example_gen.listing import (
    UNLABELLED,
    Entry,
    Listing,
    list_folders,
    list_unlabelled,
)
from components.image_example_gen.patients import patient_key
from components.image_example_gen.quarantine import Quarantined
from components.sections import SPLITS, DataSection

_QUARANTINE = "quarantine"


class Executor(base_beam_executor.BaseBeamExecutor):
    """Lists, reads, converts and writes; then refuses the set if too much was unreadable."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `examples` (GZIP TFRecords, one folder a split) and `quarantine`.

        Raises:
            DataError: the folders do not fit the recipe, or more than `data.max_quarantine_share`
                of the images can't be read.
        """
        data = DataSection.model_validate_json(exec_properties["data"])
        base = exec_properties["input_base"]
        unlabelled = bool(exec_properties["unlabelled"])
        listing = list_unlabelled(base) if unlabelled else list_folders(base, data)

        examples = artifact_utils.get_single_instance(output_dict["examples"])
        examples.split_names = artifact_utils.encode_split_names(
            [UNLABELLED] if unlabelled else list(SPLITS)
        )
        examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
        examples_utils.set_file_format(examples, "tfrecords_gzip")

        listed = artifact_utils.get_single_instance(output_dict["quarantine"])
        reader = _Read(base, data, patient_key(exec_properties["home"]), len(listing.entries))
        unreadable = self._write(listing, reader, examples, listed)
        _write_quarantine(listed, listing, unreadable)
        listed.data_fingerprint = listing.fingerprint
        if not unlabelled:
            _check_what_is_left(unreadable, listing, data)

    def _write(
        self, listing: Listing, reader: "_Read", examples: types.Artifact, listed: types.Artifact
    ) -> list[Quarantined]:
        names = artifact_utils.decode_split_names(examples.split_names)
        part_prefix = os.path.join(listed.uri, "parts")
        with self._make_beam_pipeline() as pipeline:
            read = (
                pipeline
                | "Entries" >> beam.Create(listing.entries)
                | "Spread" >> beam.Reshuffle()
                | "Read" >> beam.ParDo(reader).with_outputs(*names, _QUARANTINE)
            )
            for split in names:
                prefix = os.path.join(
                    artifact_utils.get_split_uri([examples], split), "data_tfrecord"
                )
                _ = read[split] | f"Write[{split}]" >> beam.io.WriteToTFRecord(
                    prefix, file_name_suffix=".gz"
                )
            _ = (
                read[_QUARANTINE]
                | "Json" >> beam.Map(lambda item: json.dumps(dataclasses.asdict(item)))
                | "WriteQuarantine" >> beam.io.WriteToText(part_prefix)
            )
        return _collect_parts(part_prefix)


class _Read(beam.DoFn):
    """Entry → serialized tf.Example tagged with its split, or a tagged `Quarantined`."""

    def __init__(self, base: str, data: DataSection, key: bytes, total: int):
        self._base, self._data, self._key, self._total = base, data, key, total

    def setup(self) -> None:
        self._counter = progress.Counter(self._total, "images")

    def process(self, entry: Entry) -> Iterator[beam.pvalue.TaggedOutput]:
        result = read_entry(self._base, entry, self._data, self._key)
        self._counter.advance()
        if isinstance(result, tf.train.Example):
            yield beam.pvalue.TaggedOutput(
                entry.split, result.SerializeToString(deterministic=True)
            )
        else:
            yield beam.pvalue.TaggedOutput(_QUARANTINE, result)


def _collect_parts(prefix: str) -> list[Quarantined]:
    items: list[Quarantined] = []
    for path in fileio.glob(prefix + "*"):
        with fileio.open(path, "r") as file:
            items += [Quarantined(**json.loads(line)) for line in file.read().splitlines()]
        fileio.remove(path)
    return items


def _write_quarantine(
    artifact: types.Artifact, listing: Listing, unreadable: list[Quarantined]
) -> None:
    by_rule = [Quarantined(file, reason) for file, reason in listing.left_out]
    with fileio.open(os.path.join(artifact.uri, quarantine.FILE_NAME), "w") as file:
        file.write(quarantine.to_csv(by_rule + unreadable))
    artifact.images_read = len(listing.entries) - len(unreadable)
    artifact.images_unreadable = len(unreadable)


def _check_what_is_left(unreadable: list[Quarantined], listing: Listing, data: DataSection) -> None:
    share = len(unreadable) / len(listing.entries)
    if share > data.max_quarantine_share:
        first = min(unreadable)
        raise DataError(
            f"{len(unreadable)} of {len(listing.entries)} images ({share:.0%}) can't be read, more "
            f"than data.max_quarantine_share = {data.max_quarantine_share:.0%}. The first: "
            f"{first.file}: {first.detail or first.reason}. Mend the files, or allow more if you "
            "know why."
        )
    lost = {item.file for item in unreadable}
    left = [entry for entry in listing.entries if entry.relative not in lost]
    counts = Listing(tuple(left), (), "").counts()
    splits.check_counts(counts, data, [(entry.label, entry.patient) for entry in left])
