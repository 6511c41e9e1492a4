"""The parts of the manifest before the images are read: each file judged without the others."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import apache_beam as beam
from tfx.dsl.io import fileio

from components.image_example_gen.listing import splits
from components.image_example_gen.listing.classify import Classifier, Found
from components.image_example_gen.listing.dicom_headers import may_be_dicom
from components.image_example_gen.listing.listing import UNLABELLED, Entry, Listing
from components.image_example_gen.listing.metadata import MetadataTable
from components.image_example_gen.listing.patients import PatientFinder
from components.image_example_gen.shards.runs import read_range
from components.image_example_gen.shards.shards import Shards, place_of, row_of
from components.imaging.candidates import image_files
from components.recipe.data import DataSection
from components.storage.files import FoundFile
from components.storage.manifest import Row
from components.storage.patient_key import hash_patient


@dataclass(frozen=True)
class Rules:
    """What each file is judged by.

    Attributes:
        base: the data folder.
        data: the recipe's section; None: classes don't matter.
        key: secret of the patient hash.
    """

    base: str
    data: DataSection | None
    key: bytes = field(repr=False)


class WritePart(beam.DoFn):
    """Number → the part of the manifest, and what was found in it.

    Args:
        rules: see there.
        runs: paths of all runs.
        shards: of the whole.
    """

    def __init__(self, rules: Rules, runs: Sequence[str], shards: Shards):
        self._rules, self._runs, self._shards = rules, list(runs), shards

    def process(self, part: int) -> None:
        """Writes a part."""
        placed = read_range(self._runs, *self._shards.bounds(part))
        rows, found = judge([file for _, file in placed], self._rules)
        places = {file.relative: place for place, file in placed}
        self._shards.write_part(part, ((places[row["path"]], row) for row in rows))
        with fileio.open(_found_path(self._shards.folder, part), "w") as file:
            file.write(found.to_json())


def read_found(shards: Shards) -> Found:
    """Returns what was found in all parts."""
    total = Found()
    for part in shards.parts:
        with fileio.open(_found_path(shards.folder, part), "r") as file:
            total += Found.from_json(file.read())
    return total


def _found_path(folder: str, part: int) -> str:
    return os.path.join(folder, f"found-{part:05d}.json")


def judge(files: Sequence[FoundFile], rules: Rules) -> tuple[list[Row], Found]:
    """Returns the rows of files in their order, and what was found."""
    images = image_files(rules.base, [file.relative for file in files])
    classified = _unlabelled if rules.data is None else _labelled
    entries, reasons, found = classified(files, images, rules)
    return list(_rows(files, entries, reasons, rules.key)), found


def write_listing(listing: Listing, shards: Shards, key: bytes) -> None:
    """Writes the parts of a listing that was made in this process."""
    entries = {entry.relative: entry for entry in listing.entries}
    placed = sorted((place_of(file.relative), file.relative, file) for file in listing.files)
    reasons = dict(listing.left_out)
    for part, inside in shards.deal([place for place, _, _ in placed]):
        files = [file for _, _, file in placed[inside]]
        places = {path: place for place, path, _ in placed[inside]}
        rows = _rows(files, entries, reasons, key)
        shards.write_part(part, ((places[row["path"]], row) for row in rows))


def _rows(
    files: Sequence[FoundFile], entries: dict[str, Entry], reasons: dict[str, str], key: bytes
) -> Iterator[Row]:
    for file in files:
        row = {"path": file.relative, "size": file.size, "modified": file.modified}
        if entry := entries.get(file.relative):
            yield row | row_of(entry, hash_patient(entry.patient, key))
        elif reason := reasons.get(file.relative):
            yield row | {"reason": reason}


_Judged = tuple[dict[str, Entry], dict[str, str], Found]


def _unlabelled(files: Sequence[FoundFile], images: frozenset[str], _rules: Rules) -> _Judged:
    entries = {path: Entry(path, "", path, UNLABELLED) for path in images}
    others = {f.relative: "not_an_image_name" for f in files if f.relative not in images}
    found = Found()
    found.counts[f"{UNLABELLED}/"] = len(images)
    return entries, others, found


def _labelled(files: Sequence[FoundFile], images: frozenset[str], rules: Rules) -> _Judged:
    data = rules.data
    assert data is not None
    classifier = Classifier(data)
    labels, reasons = classifier.place_all((file.relative for file in files), images)
    found, paths = classifier.found, list(labels)
    found.maybe_dicom = sum(map(may_be_dicom, images))
    entries = {}
    patients = PatientFinder(rules.base, data.patient, MetadataTable()).look_up(paths)
    for path, patient in zip(paths, patients, strict=True):
        if not patient:
            found.without_patient += 1
            found.stranger = min(path, found.stranger or path)
            continue
        split = splits.split_of(patient, data.split, data.split_seed)
        found.counts[f"{split}/{labels[path]}"] += 1
        entries[path] = Entry(path, labels[path], patient, split)
    return entries, reasons, found
