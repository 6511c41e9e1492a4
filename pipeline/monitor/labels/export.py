"""Labelled images of the log as a folder for the next training.

The split of a patient is a function of the patient alone. So an image is exported only where the
recipe's own rule finds its patient; then it gets the split that the patient had in each training
before, and nobody moves from test to train.
"""

import csv
import hashlib
import io
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from components.image_example_gen.listing.metadata import MetadataTable
from components.image_example_gen.listing.patients import PatientFinder
from components.image_example_gen.listing.splits import split_of
from components.recipe.data import DataSection, fold
from components.runtime.errors import DataError
from components.storage.atomic_write import replacing, write_atomically
from components.storage.patient_key import hash_patient
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.labels.labels import Label, Matched

NEW, KEPT = "exported", "there already"
MISSING = "no such file in the folder of images"
NO_PREDICTION = "no prediction in this span"
NO_PATIENT = "the recipe's rule data.patient finds no patient"
TAKEN = "another file has its place"
OTHER_CLASS = "a folder in its path is of a class, or is ignored"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Item:
    """What has become of a label.

    Attributes:
        key: SHA-256 of the image, or the log's hash of a study without a prediction.
        label: class; '' where there is no prediction.
        file: path below the exported folder; '' for none.
        patient: keyed hash, as in the Examples; '' if not known.
        split: 'train', 'eval' or 'test'; '' if not known.
        outcome: `NEW`, `KEPT`, or why it is not there.
    """

    key: str
    label: str = ""
    file: str = ""
    patient: str = ""
    split: str = ""
    outcome: str = NO_PREDICTION


@dataclass(frozen=True)
class Exported:
    """A finished export.

    Attributes:
        folder: that was written to.
        manifest: CSV file in it with each item.
        items: one a label, or a labelled image of a study.
    """

    folder: Path
    manifest: Path
    items: tuple[Item, ...]

    @property
    def splits(self) -> Counter[str]:
        """Split → images that are there."""
        return Counter(item.split for item in self.items if item.outcome in (NEW, KEPT))

    @property
    def left_out(self) -> Counter[str]:
        """Reason → labels that have no image there."""
        return Counter(item.outcome for item in self.items if item.outcome not in (NEW, KEPT))

    @property
    def sentence(self) -> str:
        """What was exported, and what was not and why."""
        splits = ", ".join(f"{split} {count}" for split, count in sorted(self.splits.items()))
        count = self.splits.total()
        said = f"Exported: {count} image{'s' * (count != 1)} in {self.folder}"
        said += f" ({splits}, as the recipe splits their patients)" if splits else ""
        if self.left_out:
            reasons = "; ".join(f"{why}: {count}" for why, count in self.left_out.most_common())
            said += f". Left out: {self.left_out.total()} ({reasons})"
        return f"{said}. Each is in {self.manifest}."

    def plain(self) -> dict[str, Any]:
        """Returns values for JSON."""
        return {
            "folder": str(self.folder),
            "manifest": str(self.manifest),
            "splits": dict(self.splits),
            "left_out": dict(self.left_out),
        }


@dataclass(frozen=True)
class Exporter:
    """Copies labelled images into the folders of their classes.

    Args:
        data: section of the recipe that the model was trained by.
        images: folder of the files that were sent; subfolders too.
        folder: new, or that of the training images: no file there is replaced.
        key: the site's patient key.

    Raises:
        MonitorError: the splits of the recipe can't be kept.
    """

    data: DataSection
    images: Path
    folder: Path
    key: bytes

    def __post_init__(self) -> None:
        if self.data.folder_splits == "use":
            raise MonitorError(
                "The recipe takes its splits from folders (data.folder_splits: use), so the split "
                "of a patient can't be derived from the patient. Sort the images of the manifest "
                "yourself, or train with --set data.folder_splits=merge."
            )
        if self.images.resolve() == self.folder.resolve():
            raise MonitorError(
                "Images are copied from one folder to another. Received the same for --images and "
                f"--export: {self.folder}."
            )

    def export(self, pairs: Matched, now: datetime) -> Exported:
        """Exports the images that have a prediction and a label.

        Args:
            pairs: of the log.
            now: UTC; in the name of the manifest.

        Raises:
            MonitorError: labels name no patient, and the recipe's rule needs them.
            OSError: the folder can't be written.
        """
        if self.data.patient.source == "metadata" and not pairs.by_patient:
            raise MonitorError(
                "The recipe finds patients in a metadata CSV (data.patient), and the labels name "
                "none. Add a column 'patient' to the labels, with the names of the training."
            )
        found = _files_of(self.images, pairs.labels)
        items = [
            self._place(digest, label, found.get(digest)) for digest, label in pairs.labels.items()
        ]
        items += [Item(key) for key in pairs.unmatched]
        if self.data.patient.source == "metadata":
            self._add_metadata({item.file: pairs.labels[item.key].patient for item in items
                                if item.outcome == NEW})  # fmt: skip
        manifest = self.folder / f"exported-{now:%Y%m%dT%H%M%SZ}.csv"
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(manifest, _csv(items))
        return Exported(self.folder, manifest, tuple(items))

    def _place(self, digest: str, label: Label, source: Path | None) -> Item:
        name = self.data.classes[label.index]
        if source is None:
            return Item(digest, name, outcome=MISSING)
        relative = source.relative_to(self.images).as_posix()
        file = f"{self._folder_of(name)}/{self._below(relative)}"
        if self._is_misleading(file):
            return Item(digest, name, outcome=OTHER_CLASS)
        patient = self._patient(relative, file, label)
        if not patient:
            return Item(digest, name, outcome=NO_PATIENT)
        hashed = hash_patient(patient, self.key)
        split = split_of(patient, self.data.split, self.data.split_seed)
        outcome = _copy(source, self.folder / file, digest)
        if outcome == TAKEN and not self._reads_path:
            first, _, last = file.partition("/")
            file = f"{first}/{digest[:12]}/{last}"
            outcome = _copy(source, self.folder / file, digest)
        return Item(digest, name, file, hashed, split, outcome)

    def _folder_of(self, name: str) -> str:
        return self.data.merge.get(name, (name,))[0]

    @property
    def _reads_path(self) -> bool:
        """Whether the rule of the patient reads the folders of a file."""
        return self.data.patient.source in ("path", "each_file")

    def _below(self, relative: str) -> str:
        return relative if self._reads_path else relative.rsplit("/", 1)[-1]

    def _is_misleading(self, file: str) -> bool:
        """Whether the training would take the file for one of another class."""
        names = {fold(part) for part in file.split("/")[1:-1]}
        return bool(names & {*self.data.class_of_folder(), *map(fold, self.data.ignore)})

    def _patient(self, relative: str, file: str, label: Label) -> str | None:
        """Returns the patient as the training will find it."""
        rule = self.data.patient
        base, path = (self.images, relative) if rule.source == "dicom" else (self.folder, file)
        table = MetadataTable(rows={file: {rule.column or "": label.patient}})
        try:
            return PatientFinder(str(base), rule, table).find([path])[0]
        except DataError:
            return None

    def _add_metadata(self, patients: Mapping[str, str]) -> None:
        """Adds the new images to the metadata CSV that names the patients."""
        section = self.data.metadata
        if section is None or not patients:
            return
        path = self.folder / section.file
        column = self.data.patient.column or ""
        rows: list[dict[str, str]] = []
        names = [section.key, column]
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                rows, names = list(reader), list(reader.fieldnames or names)
            if not {section.key, column} <= set(names):
                raise MonitorError(
                    f"The metadata of the recipe have the columns {section.key!r} and {column!r}. "
                    f"Received: {path} with {', '.join(names)}. Correct it, or export elsewhere."
                )
        rows += [{section.key: file, column: patient} for file, patient in patients.items()]
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, buffer.getvalue())


def _files_of(folder: Path, wanted: Mapping[str, Label]) -> dict[str, Path]:
    """Returns SHA-256 → file, of those that are wanted; of two equal files the first."""
    found: dict[str, Path] = {}
    for path in _walk(folder):
        if len(found) == len(wanted):
            break
        if (digest := _digest(path)) in wanted:
            found.setdefault(digest, path)
    return found


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise MonitorError(
            f"The images of the log lie in a folder. Received: --images {folder}, which is none. "
            "Name the folder of the files that were sent."
        )
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _copy(source: Path, target: Path, digest: str) -> str:
    """Copies a file unless one is there; returns what came of it."""
    if target.exists():
        return KEPT if target.is_file() and _digest(target) == digest else TAKEN
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as file, replacing(target) as copy:
        shutil.copyfileobj(file, copy, _BLOCK)
    return NEW


def _csv(items: list[Item]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["image_or_study", "label", "file", "patient", "split", "outcome"])
    for item in items:
        writer.writerow([item.key, item.label, item.file, item.patient, item.split, item.outcome])
    return buffer.getvalue()
