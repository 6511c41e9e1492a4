"""Writes the splits and the quarantine list."""

import os
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils

from components.artifacts import TAKEN_OVER
from components.image_example_gen.listing import splits
from components.image_example_gen.listing.listing import UNLABELLED, fingerprint, list_folders
from components.image_example_gen.listing.spans import span_numbers
from components.image_example_gen.outcome import Outcome, read_outcome
from components.image_example_gen.shards.list_shards import list_shards
from components.image_example_gen.shards.parts import Rules
from components.image_example_gen.shards.plan import identity_of, plan
from components.image_example_gen.shards.take_shard import TakeShard
from components.image_example_gen.shards.write_shard import WriteShard
from components.imaging import quarantine
from components.imaging.measures.stored import FOLDER
from components.recipe.data import SPLITS, DataSection, Spans
from components.runtime.errors import DataError
from components.runtime.spread import spread
from components.storage.listed_once import walk_files
from components.storage.manifest import FOLDER as MANIFEST
from components.storage.manifest import read_rows
from components.storage.patient_key import patient_key
from components.storage.split_files import declare_splits
from components.storage.taken_over import write_notes


class Executor(base_beam_executor.BaseBeamExecutor):
    """Lists, reads, converts and writes; then refuses the set if too much was unreadable.

    Images that an earlier run has read, and that have not changed since, are not read again.
    """

    def Do(
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Fills `examples` and `quarantine`.

        `examples` gets GZIP TFRecords, one folder a split, and beside them the folders of the
        measures and the manifest, which TFX does not read; `quarantine` gets two lists.

        Raises:
            DataError: the folders do not fit the recipe, or more than `data.max_quarantine_share`
                of the images can't be read.
        """
        data = DataSection.model_validate_json(exec_properties["data"])
        unlabelled = bool(exec_properties["unlabelled"])
        key = patient_key(exec_properties["home"])
        rules = Rules(exec_properties["input_base"], None if unlabelled else data, key)
        examples = artifact_utils.get_single_instance(output_dict["examples"])
        declare_splits(examples, [UNLABELLED] if unlabelled else SPLITS)
        listed = artifact_utils.get_single_instance(output_dict["quarantine"])
        identity = identity_of(rules.base, rules.data, exec_properties["source"])
        parts = os.path.join(listed.uri, "parts")
        known = self._write(rules, data, examples, parts, identity)

        outcome = read_outcome(examples.uri)
        listed.set_int_custom_property(TAKEN_OVER, known)
        if rules.data and rules.data.spans:
            latest = latest_span(examples.uri, rules.data.spans)
            examples.set_int_custom_property("span", latest)
        _write_lists(listed, outcome)
        listed.data_fingerprint = exec_properties.get("data_fingerprint") or fingerprint(
            walk_files(rules.base)
        )
        if rules.data:
            _check_what_is_left(outcome, rules.base, rules.data)

    def _write(
        self, rules: Rules, data: DataSection, examples: types.Artifact, parts: str, identity: str
    ) -> int:
        """Returns how many of the images an earlier run has read."""
        uri, folders = examples.uri, _folders(examples)
        measures, manifest = os.path.join(uri, FOLDER), os.path.join(uri, MANIFEST)
        for folder in (*folders.values(), measures, manifest, parts):
            fileio.makedirs(folder)
        on_engine = bool(self._beam_pipeline_args)
        listed = list_shards(rules, parts, self._make_beam_pipeline, on_engine)
        work = plan(uri, identity, listed, parts)
        shards = work.shards
        writer = WriteShard(rules.base, data, shards, folders, measures, manifest, work.images)
        spread(writer, range(shards.count), self._make_beam_pipeline, on_engine)
        if work.taken:
            names = [os.path.basename(folder.rstrip("/")) for folder in folders.values()]
            taker = TakeShard(work.uri, uri, names, work.run)
            spread(taker, work.taken, self._make_beam_pipeline, on_engine)
        write_notes(uri, identity, work.origins_now())
        fileio.rmtree(parts)
        return work.known


def latest_span(uri: str, spans: Spans) -> int:
    """Returns the latest span that has an Example, for TFX's resolvers."""
    used = [row["path"] for row in read_rows(uri, ("path", "reason")) if not row["reason"]]
    return max(span_numbers(used, spans), default=0)


def _folders(examples: types.Artifact) -> dict[str, str]:
    """Returns split → folder of its files."""
    names = artifact_utils.decode_split_names(examples.split_names)
    return {split: artifact_utils.get_split_uri([examples], split) for split in names}


def _write_lists(artifact: types.Artifact, outcome: Outcome) -> None:
    lists = ((quarantine.FILE_NAME, outcome.not_used), (quarantine.NOTES_FILE, outcome.notes))
    for name, items in lists:
        with fileio.open(os.path.join(artifact.uri, name), "w") as file:
            file.write(quarantine.to_csv(items))
    artifact.images_read = outcome.images
    artifact.images_unreadable = len(outcome.unreadable)
    artifact.not_used = quarantine.summary(outcome.not_used)


def _check_what_is_left(outcome: Outcome, base: str, data: DataSection) -> None:
    unreadable = outcome.unreadable
    images = outcome.images + len(unreadable)
    share = len(unreadable) / images
    if share > data.max_quarantine_share:
        first = min(unreadable)
        raise DataError(
            f"{len(unreadable)} of {images} images ({share:.0%}) can't be read, more than "
            f"data.max_quarantine_share = {data.max_quarantine_share:.0%}. The first: "
            f"{first.file}: {first.detail or first.reason}. Correct the files, or allow more if "
            "you know why."
        )

    def left() -> list[tuple[str, str]]:
        lost = {item.file for item in unreadable}
        listing = list_folders(base, data)
        return [(e.label, e.patient) for e in listing.entries if e.relative not in lost]

    splits.check_counts(outcome.counts, data, left)
