"""What in the Examples may tell who a patient is, beside the picture itself."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from components.data_audit.checks.identifiers import suspicious_key, suspicious_value
from components.data_audit.finding import Case, Found, count
from components.data_audit.image_record import Picture

# A column in which nearly every patient has a value of his own is a name by another name.
_UNIQUE, _FEWEST = 0.9, 20


def identity(pictures: Sequence[Picture]) -> Found:
    """Looks at metadata columns, EXIF, text chunks and file names; values are not repeated."""
    cases = [*_columns(pictures), *_annotations(pictures), *_names(pictures)]
    carrying = sum(bool(picture.annotations) for picture in pictures)
    with_text = (
        f"{count(carrying, 'image carries', 'images carry')} EXIF or text chunks"
        if carrying
        else "no image carries EXIF or text chunks"
    )
    if not cases:
        return Found("identity", f"nothing that identifies was found; {with_text}")
    files = {name for case in cases for name in case.files}
    return Found(
        "identity",
        f"{count(len(files), 'image')} may tell who the patient is, in metadata, EXIF, text chunks "
        f"or file name; {with_text}",
        tuple(cases),
        "Take such columns out of data.metadata.columns, rename such files, and strip the "
        "annotations (`exiftool -all= FILE`, or save the image anew)",
    )


def _columns(pictures: Sequence[Picture]) -> Iterator[Case]:
    holders: defaultdict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        for name in picture.metadata:
            holders[name].append(picture)
    for name, those in sorted(holders.items()):
        if reason := suspicious_key(name) or _telling(name, those):
            yield Case(tuple(p.filename for p in those), f"column {name}: {reason}")


def _telling(name: str, pictures: Sequence[Picture]) -> str:
    texts = [p.metadata[name] for p in pictures if isinstance(p.metadata[name], str)]
    for text in set(texts):
        if reason := suspicious_value(str(text)):
            return reason
    patients = len({picture.patient for picture in pictures})
    if texts and patients >= _FEWEST and len(set(texts)) >= _UNIQUE * patients:
        return "nearly every patient has a value of his own"
    return ""


def _annotations(pictures: Sequence[Picture]) -> Iterator[Case]:
    for picture in pictures:
        told = [f"{note.key} {note.suspicion}" for note in picture.annotations if note.suspicion]
        if told:
            yield Case((picture.filename,), "; ".join(told))


def _names(pictures: Sequence[Picture]) -> Iterator[Case]:
    for picture in pictures:
        if reason := suspicious_value(picture.filename.rsplit("/", 1)[-1]):
            yield Case((picture.filename,), f"the file name {reason}")
