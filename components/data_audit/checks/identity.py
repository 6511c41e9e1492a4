"""Whether anything in the Examples, except the picture itself, may identify the patient."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from components.data_audit.checks.distinct import Distinct
from components.data_audit.finding import Case, Found, count
from components.data_audit.remarks import Remark, Remarks, image_of
from components.imaging.measures.identifiers import suspicious_key, suspicious_value
from components.imaging.measures.image_record import ImageRecord

# A column in which nearly every patient has another value identifies the patient.
_UNIQUE, _FEWEST = 0.9, 20
_COLUMN = "column "


@dataclass
class Column:
    """What is known of a column of the metadata; that of parts of the images adds up.

    Attributes:
        patients: those with a value.
        texts: its values that are texts.
        reason: why a value may identify the patient; '' if none does.
    """

    patients: Distinct = field(default_factory=Distinct)
    texts: Distinct = field(default_factory=Distinct)
    reason: str = ""

    def add(self, patient: str, value: str | int | float) -> None:
        """Adds the value of an image."""
        self.patients.add(patient)
        if isinstance(value, str):
            self.texts.add(value)
            self.reason = max(self.reason, suspicious_value(value))

    def merge(self, other: "Column") -> None:
        """Adds what is known of other images."""
        self.patients.merge(other.patients)
        self.texts.merge(other.texts)
        self.reason = max(self.reason, other.reason)

    def plain(self) -> list[Any]:
        """Returns what JSON can hold."""
        return [self.patients.hashes(), self.texts.hashes(), self.reason]

    @property
    def suspicion(self) -> str:
        """Why the column may identify the patient; '' if it does not."""
        patients, texts = self.patients.number, self.texts.number
        if self.reason or not texts or patients < _FEWEST or texts < _UNIQUE * patients:
            return self.reason
        return "nearly every patient has a different value"


def read_column(plain: list[Any]) -> Column:
    """Returns what `Column.plain` has returned."""
    patients, texts, reason = plain
    return Column(Distinct(patients), Distinct(texts), reason)


def suspicious_columns(columns: Mapping[str, Column]) -> dict[str, str]:
    """Returns name of a column → why it may identify the patient."""
    reasons = {name: suspicious_key(name) or column.suspicion for name, column in columns.items()}
    return {name: reason for name, reason in sorted(reasons.items()) if reason}


def identity_remarks(picture: ImageRecord, shard: str, columns: Mapping[str, str]) -> list[Remark]:
    """Returns the remarks on a picture; values are never repeated.

    Args:
        picture: the image.
        shard: name of its file.
        columns: suspicious ones → why.
    """
    image = image_of(picture, shard)
    return [
        Remark(kind, (kind, picture.filename), image, reason)
        for kind, reason in _reasons(picture, columns)
    ]


def identity(remarks: Remarks, annotated: int) -> Found:
    """Checks metadata columns, EXIF, text chunks and file names; values are never reported.

    Args:
        remarks: on all images.
        annotated: images with EXIF or text chunks.
    """
    with_text = (
        f"{count(annotated, 'image has', 'images have')} EXIF or text chunks"
        if annotated
        else "no image has EXIF or text chunks"
    )
    if not remarks.images:
        return Found("identity", f"nothing that identifies was found; {with_text}")
    cases = [case for kind in sorted(remarks.kinds, key=_place) for case in _cases(remarks, kind)]
    columns = [kind for kind in remarks.kinds if kind.startswith(_COLUMN)]
    # A column is one case, whatever the number of its images.
    others = remarks.kinds.total() - sum(remarks.kinds[kind] for kind in columns)
    return Found(
        "identity",
        f"{count(remarks.images, 'image')} may identify the patient, in metadata, EXIF, text "
        f"chunks or file name; {with_text}",
        tuple(cases),
        "Remove such columns from data.metadata.columns, rename such files, and remove the "
        "annotations (`exiftool -all= FILE`, or save the image again without them)",
        len(columns) + others,
    )


def _reasons(picture: ImageRecord, columns: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in picture.metadata:
        if name in columns:
            yield f"{_COLUMN}{name}", f"column {name}: {columns[name]}"
    notes = [f"{note.key} {note.suspicion}" for note in picture.annotations if note.suspicion]
    if notes:
        yield "annotation", "; ".join(notes)
    if reason := suspicious_value(picture.filename.rsplit("/", 1)[-1]):
        yield "name", f"the file name {reason}"


def _place(kind: str) -> tuple[int, str]:
    """Columns come first, then annotations and names."""
    return ("annotation", "name").index(kind) + 1 if not kind.startswith(_COLUMN) else 0, kind


def _cases(remarks: Remarks, kind: str) -> list[Case]:
    listed = sorted(remarks.first[kind], key=lambda remark: remark.order)
    if not kind.startswith(_COLUMN):
        return [Case((remark.image,), remark.reason) for remark in listed]
    reason, number = listed[0].reason, remarks.kinds[kind]
    if number > len(listed):
        reason += f"; the first {len(listed)} of {number} images are listed"
    return [Case(tuple(remark.image for remark in listed), reason)]
