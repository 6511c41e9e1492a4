"""Lists the image folders: which file is of which class, patient and split.

Nothing is decoded here, and only files of unknown suffix and the headers of DICOM files are looked
into. So everything that is wrong with folders, patients and counts is known within seconds, before
any long work.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from components.image_example_gen.listing import folder_splits, spans, splits
from components.image_example_gen.listing.classify import Classifier, check_folders
from components.image_example_gen.listing.dicom_headers import may_be_dicom
from components.image_example_gen.listing.metadata import MetadataTable, read_metadata
from components.image_example_gen.listing.patients import PatientFinder
from components.imaging.candidates import image_files
from components.recipe.data import DataSection
from components.runtime.errors import DataError
from components.runtime.hashing import hash_to_unit
from components.storage.files import FoundFile
from components.storage.listed_once import list_files
from components.storage.plain_path import shown_path

UNLABELLED = "unlabelled"

_NO_METADATA: Mapping[str, int | str] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """An image file that is to be read.

    Attributes:
        relative: path below the data folder, with forward slashes.
        label: class name; empty in an unlabelled listing.
        patient: as found; it never leaves this process unhashed.
        split: `train`, `eval`, `test`, or `unlabelled`.
        metadata: feature name to value, from the metadata CSV.
    """

    relative: str
    label: str
    patient: str
    split: str
    metadata: Mapping[str, int | str] = field(default_factory=lambda: _NO_METADATA)


@dataclass(frozen=True)
class Listing:
    """What a data folder holds.

    Attributes:
        entries: the images, sorted by path.
        left_out: (path, reason) of every visible file that is not an entry.
        fingerprint: hex digest over path, size and modification time of every visible file.
        files: every visible file, sorted by path.
    """

    entries: tuple[Entry, ...]
    left_out: tuple[tuple[str, str], ...]
    fingerprint: str
    files: tuple[FoundFile, ...] = field(default=(), repr=False)

    def counts(self) -> dict[str, Counter[str]]:
        """Returns class → split → number of images."""
        table: dict[str, Counter[str]] = {}
        for entry in self.entries:
            table.setdefault(entry.label, Counter())[entry.split] += 1
        return table

    def patients(self) -> list[tuple[str, str]]:
        """Returns (class, patient) of every image."""
        return [(entry.label, entry.patient) for entry in self.entries]

    def judging(self, folds: bool) -> list[Entry]:
        """Returns the images that the gate decides by: the test split, or with folds all."""
        return [entry for entry in self.entries if folds or entry.split == "test"]


def fingerprint(found: Iterable[FoundFile]) -> str:
    """Returns a hex digest that changes when a file is added, removed or rewritten."""
    digest = hashlib.sha256()
    for file in found:
        line = f"{file.relative}\0{file.size}\0{file.modified}\n"
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def list_folders(base: str, data: DataSection) -> Listing:
    """Lists labelled class folders, nested or flat.

    The class of a file is that of the nearest folder above it whose name, in any case, belongs to
    a class. Files below a folder of `data.ignore` are left out.

    Raises:
        DataError: the folder is missing or empty; a folder belongs to no class; a class has no
            folder; a patient is not known; a class or split has too few images.
    """
    found = walk_existing(base)
    labels, left_out, table = _classify(base, found, data)
    labels, old = spans.in_range(labels, data.spans)
    given = folder_splits.find(list(labels), data)
    entries, capped = _cap(_with_patients(base, labels, data, table), data)
    entries = _with_splits(entries, data, given)
    listing = Listing(tuple(entries), tuple(left_out + old + capped), fingerprint(found), found)
    splits.check_counts(listing.counts(), data, listing.patients)
    return listing


def list_labelled(base: str, data: DataSection) -> Listing:
    """Lists labelled class folders as `list_folders` does, all images as the test split.

    No count is too small, and a class may be missing: nothing is trained on them.

    Raises:
        DataError: the folder is missing or empty; a folder belongs to no class; no class has a
            folder; a patient is not known.
    """
    found = walk_existing(base)
    labels, left_out, table = _classify(base, found, data, all_classes=False)
    entries = _with_patients(base, labels, data, table)
    tested = tuple(replace(entry, split="test") for entry in entries)
    return Listing(tested, tuple(left_out), fingerprint(found), found)


def list_unlabelled(base: str) -> Listing:
    """Lists every image below `base`, whatever the folders are called; labels are not known.

    Raises:
        DataError: the folder is missing or holds no image.
    """
    found = walk_existing(base)
    names = image_files(base, [file.relative for file in found])
    images = [file for file in found if file.relative in names]
    check_any_image(base, len(images))
    others = [file for file in found if file.relative not in names]
    return Listing(
        tuple(Entry(file.relative, "", file.relative, UNLABELLED) for file in images),
        tuple((file.relative, "not_an_image_name") for file in others),
        fingerprint(found),
        found,
    )


def walk_existing(base: str) -> tuple[FoundFile, ...]:
    """Returns the files of a data folder.

    Raises:
        DataError: there are none.
    """
    found = list_files(base)
    check_not_empty(base, len(found))
    return found


def check_not_empty(base: str, found: int) -> None:
    """Refuses a data folder without files."""
    if not found:
        raise DataError(
            f"The data folder {shown_path(base)!r} is missing or empty. It must hold one "
            "folder per class; check --data."
        )


def check_any_image(base: str, images: int) -> None:
    """Refuses a folder without images, where classes don't matter."""
    if not images:
        raise DataError(f"No image file below {shown_path(base)!r}. Check the path.")


def check_metadata(base: str, headers: bool, data: DataSection) -> MetadataTable:
    """Returns the metadata CSV, empty if there is none and none is due.

    Args:
        base: the data folder.
        headers: whether there are DICOM files, which may stand in for it.
        data: says what is due.

    Raises:
        DataError: see `metadata.read_metadata`.
    """
    if data.metadata is None:
        return MetadataTable()
    patient = data.patient.column if data.patient.source == "metadata" else None
    return read_metadata(base, data.metadata, headers, patient)


def _classify(
    base: str, found: tuple[FoundFile, ...], data: DataSection, all_classes: bool = True
) -> tuple[dict[str, str], list[tuple[str, str]], MetadataTable]:
    """Returns path → class of the images, (path, reason) of the other files, and the table."""
    images = image_files(base, [file.relative for file in found])
    table = check_metadata(base, any(map(may_be_dicom, images)), data)
    classifier = Classifier(data, table.file)
    labels, reasons = classifier.place_all((file.relative for file in found), images)
    check_folders(classifier.found, data, lambda: labels, all_classes)
    return labels, list(reasons.items()), table


def _with_patients(
    base: str, labels: Mapping[str, str], data: DataSection, table: MetadataTable
) -> list[Entry]:
    paths = list(labels)
    table = table.fitted(paths)
    patients = PatientFinder(base, data.patient, table).find(paths)
    return [
        Entry(path, labels[path], patient, "", table.features(path))
        for path, patient in zip(paths, patients, strict=True)
    ]


def _with_splits(entries: list[Entry], data: DataSection, given: Mapping[str, str]) -> list[Entry]:
    if given:
        found = folder_splits.assign([(e.relative, e.patient) for e in entries], given, data)
    else:
        found = splits.assign([(entry.label, entry.patient) for entry in entries], data)
    return [replace(entry, split=found[entry.patient]) for entry in entries]


def _cap(entries: list[Entry], data: DataSection) -> tuple[list[Entry], list[tuple[str, str]]]:
    """Keeps at most `cap_per_class` images of a class, patient by patient in the order of a hash.

    The order does not depend on the other files, so that adding images replaces few of the kept.
    """
    if data.cap_per_class is None:
        return entries, []
    kept: list[Entry] = []
    capped: list[tuple[str, str]] = []
    taken: Counter[str] = Counter()
    for entry in sorted(entries, key=lambda e: (hash_to_unit(e.patient, "cap"), e.relative)):
        taken[entry.label] += 1
        if taken[entry.label] <= data.cap_per_class:
            kept.append(entry)
        else:
            capped.append((entry.relative, "over_cap_per_class"))
    return sorted(kept, key=lambda entry: entry.relative), sorted(capped)
