"""Writes the splits and the quarantine list."""

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.image_example_gen import splits
from components.image_example_gen.listing import (
    UNLABELLED,
    Listing,
    list_folders,
    list_unlabelled,
)
from components.image_example_gen.patients import patient_key
from components.image_example_gen.shards import read_remarks, write_lists
from components.image_example_gen.write_shard import WriteShard
from components.imaging import quarantine
from components.imaging.measures.stored import FOLDER
from components.imaging.quarantine import Quarantined
from components.recipe.data import SPLITS, DataSection
from components.runtime.errors import DataError
from components.runtime.spread import spread
from components.storage.split_files import declare_splits


class Executor(base_beam_executor.BaseBeamExecutor):
    """Lists, reads, converts and writes; then refuses the set if too much was unreadable."""

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `examples` and `quarantine`.

        `examples` gets GZIP TFRecords, one folder a split, and beside them the folder of the
        measures, which TFX does not read; `quarantine` gets two lists.

        Raises:
            DataError: the folders do not fit the recipe, or more than `data.max_quarantine_share`
                of the images can't be read.
        """
        data = DataSection.model_validate_json(exec_properties["data"])
        base = exec_properties["input_base"]
        unlabelled = bool(exec_properties["unlabelled"])
        listing = list_unlabelled(base) if unlabelled else list_folders(base, data)

        examples = artifact_utils.get_single_instance(output_dict["examples"])
        declare_splits(examples, [UNLABELLED] if unlabelled else SPLITS)

        listed = artifact_utils.get_single_instance(output_dict["quarantine"])
        key = patient_key(exec_properties["home"])
        remarks = self._write(base, data, listing, key, examples, listed)
        notes = [remark for remark in remarks if remark.reason == quarantine.NOTED]
        unreadable = [remark for remark in remarks if remark.reason != quarantine.NOTED]
        _write_lists(listed, listing, unreadable, notes)
        listed.data_fingerprint = listing.fingerprint
        if not unlabelled:
            _check_what_is_left(unreadable, listing, data)

    def _write(
        self,
        base: str,
        data: DataSection,
        listing: Listing,
        key: bytes,
        examples: types.Artifact,
        listed: types.Artifact,
    ) -> list[Quarantined]:
        names = artifact_utils.decode_split_names(examples.split_names)
        folders = {split: artifact_utils.get_split_uri([examples], split) for split in names}
        parts = os.path.join(listed.uri, "parts")
        measures = os.path.join(examples.uri, FOLDER)
        for folder in (*folders.values(), measures, parts):
            fileio.makedirs(folder)
        shards = write_lists(listing.entries, key, parts)
        writer = WriteShard(base, data, folders, measures, len(listing.entries))
        spread(writer, shards, self._make_beam_pipeline, bool(self._beam_pipeline_args))
        remarks = [remark for shard in shards for remark in read_remarks(shard)]
        fileio.rmtree(parts)
        return remarks


def _write_lists(
    artifact: types.Artifact,
    listing: Listing,
    unreadable: list[Quarantined],
    notes: list[Quarantined],
) -> None:
    not_used = [Quarantined(file, reason) for file, reason in listing.left_out] + unreadable
    for name, items in ((quarantine.FILE_NAME, not_used), (quarantine.NOTES_FILE, notes)):
        with fileio.open(os.path.join(artifact.uri, name), "w") as file:
            file.write(quarantine.to_csv(items))
    artifact.images_read = len(listing.entries) - len(unreadable)
    artifact.images_unreadable = len(unreadable)
    artifact.not_used = quarantine.summary(not_used)


def _check_what_is_left(unreadable: list[Quarantined], listing: Listing, data: DataSection) -> None:
    share = len(unreadable) / len(listing.entries)
    if share > data.max_quarantine_share:
        first = min(unreadable)
        raise DataError(
            f"{len(unreadable)} of {len(listing.entries)} images ({share:.0%}) can't be read, more "
            f"than data.max_quarantine_share = {data.max_quarantine_share:.0%}. The first: "
            f"{first.file}: {first.detail or first.reason}. Correct the files, or allow more if "
            "you know why."
        )
    lost = {item.file for item in unreadable}
    left = [entry for entry in listing.entries if entry.relative not in lost]
    counts = Listing(tuple(left), (), "").counts()
    splits.check_counts(counts, data, [(entry.label, entry.patient) for entry in left])
