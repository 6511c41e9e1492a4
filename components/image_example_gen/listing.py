"""Lists the image folders: which file is of which class, patient and split.

Nothing is decoded here, and only files of unknown suffix and the headers of DICOM files are looked
into. So everything that is wrong with folders, patients and counts is known within seconds, before
any long work.
"""

import hashlib
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from components.image_example_gen import folder_splits, spans, splits
from components.image_example_gen.dicom_headers import may_be_dicom
from components.image_example_gen.metadata import MetadataTable, read_metadata
from components.image_example_gen.patients import PatientFinder
from components.imaging.candidates import image_files
from components.recipe.data import DataSection, fold
from components.runtime.errors import DataError
from components.runtime.hashing import hash_to_unit
from components.storage.files import FoundFile
from components.storage.listed_once import list_files
from components.storage.plain_path import shown_path

UNLABELLED = "unlabelled"

_MASKS = frozenset(  # folders beside the images of a class that hold no radiographs
    {"mask", "masks", "segmentation", "segmentations", "annotation", "annotations", "overlays"}
)
_MASK_FILE = re.compile(r"(.+)[ _-](?:mask|segmentation|annotation|overlay)", re.IGNORECASE)


@dataclass(frozen=True)
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
    metadata: Mapping[str, int | str] = field(default_factory=dict)


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
    found = _walk_existing(base)
    images = image_files(base, [file.relative for file in found])
    table = _metadata(base, images, data)
    entries, left_out = _classify(found, images, data, table)
    entries, old = spans.in_range(entries, data.spans)
    given = folder_splits.find([entry.relative for entry in entries], data)
    table = table.fitted([entry.relative for entry in entries])
    entries, capped = _cap(_with_patients(base, entries, data, table), data)
    entries = _with_splits(entries, data, given)
    listing = Listing(tuple(entries), tuple(left_out + old + capped), fingerprint(found), found)
    splits.check_counts(listing.counts(), data, [(e.label, e.patient) for e in entries])
    return listing


def list_labelled(base: str, data: DataSection) -> Listing:
    """Lists labelled class folders as `list_folders` does, all images as the test split.

    No count is too small, and a class may be missing: nothing is trained on them.

    Raises:
        DataError: the folder is missing or empty; a folder belongs to no class; no class has a
            folder; a patient is not known.
    """
    found = _walk_existing(base)
    images = image_files(base, [file.relative for file in found])
    table = _metadata(base, images, data)
    entries, left_out = _classify(found, images, data, table, all_classes=False)
    table = table.fitted([entry.relative for entry in entries])
    labelled = (replace(e, split="test") for e in _with_patients(base, entries, data, table))
    return Listing(tuple(labelled), tuple(left_out), fingerprint(found), found)


def list_unlabelled(base: str) -> Listing:
    """Lists every image below `base`, whatever the folders are called; labels are not known.

    Raises:
        DataError: the folder is missing or holds no image.
    """
    found = _walk_existing(base)
    names = image_files(base, [file.relative for file in found])
    images = [file for file in found if file.relative in names]
    if not images:
        raise DataError(f"No image file below {shown_path(base)!r}. Check the path.")
    others = [file for file in found if file.relative not in names]
    return Listing(
        tuple(Entry(file.relative, "", file.relative, UNLABELLED) for file in images),
        tuple((file.relative, "not_an_image_name") for file in others),
        fingerprint(found),
        found,
    )


def _walk_existing(base: str) -> tuple[FoundFile, ...]:
    found = list_files(base)
    if not found:
        raise DataError(
            f"The data folder {shown_path(base)!r} is missing or empty. It must hold one "
            "folder per class; check --data."
        )
    return found


def _metadata(base: str, images: frozenset[str], data: DataSection) -> MetadataTable:
    if data.metadata is None:
        return MetadataTable()
    patient = data.patient.column if data.patient.source == "metadata" else None
    return read_metadata(base, data.metadata, any(map(may_be_dicom, images)), patient)


def _classify(
    found: tuple[FoundFile, ...],
    images: frozenset[str],
    data: DataSection,
    table: MetadataTable,
    all_classes: bool = True,
) -> tuple[list[Entry], list[tuple[str, str]]]:
    owners = data.class_of_folder()
    ignored = {fold(name) for name in data.ignore}
    entries: list[Entry] = []
    left_out: list[tuple[str, str]] = []
    strays: Counter[str] = Counter()
    for file in found:
        folders = [fold(part) for part in file.relative.split("/")[:-1]]
        label = next((owners[name] for name in reversed(folders) if name in owners), None)
        if ignored.intersection(folders):
            left_out.append((file.relative, "ignored_folder"))
        elif file.relative not in images:
            if file.relative != table.file:
                left_out.append((file.relative, "not_an_image_name"))
        elif label is not None:
            _check_masks(file.relative, folders, owners)
            entries.append(Entry(file.relative, label, "", ""))
        elif folders:
            strays[file.relative.rsplit("/", 1)[0]] += 1
        else:
            left_out.append((file.relative, "not_in_a_class_folder"))
    _check_folders(strays, entries, data, all_classes)
    _check_mask_files([entry.relative for entry in entries])
    return entries, left_out


def _check_masks(path: str, folders: list[str], owners: Mapping[str, str]) -> None:
    """Refuses what lies in a folder of masks below a class folder, and is no class itself."""
    nearest = max(place for place, name in enumerate(folders) if name in owners)
    for place in range(nearest + 1, len(folders)):
        if folders[place] in _MASKS:
            folder = path.split("/")[place]
            raise DataError(
                f"{path!r} lies in a folder {folder!r} inside a class, which by its name holds no "
                f"radiographs. Leave it out with --set 'data.ignore=[{folder}]', or rename it."
            )


def _check_mask_files(paths: list[str]) -> None:
    """Refuses `a_mask.png` beside an image `a`, as public data sets have it."""
    stems = {path.rpartition(".")[0] or path for path in paths}
    masks = [stem for stem in stems if (of := _MASK_FILE.fullmatch(stem)) and of[1] in stems]
    if masks:
        raise DataError(
            f"{len(masks)} files are by their names masks of images beside them, for example "
            f"{min(masks)!r}. Move them into a folder `masks`, and leave it out with --set "
            "'data.ignore=[masks]'."
        )


def _check_folders(
    strays: Counter[str], entries: list[Entry], data: DataSection, all_classes: bool
) -> None:
    known = [folder for name in data.classes for folder in data.merge.get(name, (name,))]
    if strays:
        folder, count = strays.most_common(1)[0]
        stray = _topmost_stray(folder, entries)
        folded = {fold(name): name for name in known}
        close = get_close_matches(fold(stray), folded, n=1)
        hint = f" Did you mean {folded[close[0]]!r}?" if close else ""
        # An override replaces the list: what the recipe ignores must stay on it.
        ignore = json.dumps([*data.ignore, stray], ensure_ascii=False)
        raise DataError(
            f"Folder {folder!r} holds {count} images but belongs to no class.{hint} Class folders: "
            f"{known}. Rename it, add it to data.classes or data.merge, or leave it out with "
            f"--set {shlex.quote(f'data.ignore={ignore}')}."
        )
    present = {entry.label for entry in entries}
    missing = [name for name in data.classes if name not in present]
    if missing if all_classes else not present:
        raise DataError(
            f"No image found for {', '.join(map(repr, missing))}. The data folder must hold these "
            f"class folders (in any case): {known}."
        )


def _topmost_stray(folder: str, entries: list[Entry]) -> str:
    """Returns the first part of the path that no image of a class lies below."""
    used = {fold(part) for entry in entries for part in entry.relative.split("/")[:-1]}
    parts = folder.split("/")
    return next((part for part in parts if fold(part) not in used), parts[-1])


def _with_patients(
    base: str, entries: list[Entry], data: DataSection, table: MetadataTable
) -> list[Entry]:
    finder = PatientFinder(base, data.patient, table)
    patients = finder.find([entry.relative for entry in entries])
    return [
        replace(entry, patient=patient, metadata=table.features(entry.relative))
        for entry, patient in zip(entries, patients, strict=True)
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
