"""Whether anything in the Examples, except the picture itself, may identify the patient."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from components.data_audit.finding import Case, Found, count
from components.imaging.measures.identifiers import suspicious_key, suspicious_value
from components.imaging.measures.image_record import ImageRecord

# A column in which nearly every patient has another value identifies the patient.
_UNIQUE, _FEWEST = 0.9, 20


def identity(pictures: Sequence[ImageRecord]) -> Found:
    """Checks metadata columns, EXIF, text chunks and file names; values are never reported."""
    cases = [*_columns(pictures), *_annotations(pictures), *_names(pictures)]
    annotated = sum(bool(picture.annotations) for picture in pictures)
    with_text = (
        f"{count(annotated, 'image has', 'images have')} EXIF or text chunks"
        if annotated
        else "no image has EXIF or text chunks"
    )
    if not cases:
        return Found("identity", f"nothing that identifies was found; {with_text}")
    files = {name for case in cases for name in case.files}
    return Found(
        "identity",
        f"{count(len(files), 'image')} may identify the patient, in metadata, EXIF, text chunks "
        f"or file name; {with_text}",
        tuple(cases),
        "Remove such columns from data.metadata.columns, rename such files, and remove the "
        "annotations (`exiftool -all= FILE`, or save the image again without them)",
    )


def _columns(pictures: Sequence[ImageRecord]) -> Iterator[Case]:
    holders: defaultdict[str, list[ImageRecord]] = defaultdict(list)
    for picture in pictures:
        for name in picture.metadata:
            holders[name].append(picture)
    for name, those in sorted(holders.items()):
        if reason := suspicious_key(name) or _identifying(name, those):
            yield Case(tuple(p.filename for p in those), f"column {name}: {reason}")


def _identifying(name: str, pictures: Sequence[ImageRecord]) -> str:
    texts = [p.metadata[name] for p in pictures if isinstance(p.metadata[name], str)]
    for text in set(texts):
        if reason := suspicious_value(str(text)):
            return reason
    patients = len({picture.patient for picture in pictures})
    if texts and patients >= _FEWEST and len(set(texts)) >= _UNIQUE * patients:
        return "nearly every patient has a different value"
    return ""


def _annotations(pictures: Sequence[ImageRecord]) -> Iterator[Case]:
    for picture in pictures:
        reasons = [f"{note.key} {note.suspicion}" for note in picture.annotations if note.suspicion]
        if reasons:
            yield Case((picture.filename,), "; ".join(reasons))


def _names(pictures: Sequence[ImageRecord]) -> Iterator[Case]:
    for picture in pictures:
        if reason := suspicious_value(picture.filename.rsplit("/", 1)[-1]):
            yield Case((picture.filename,), f"the file name {reason}")
