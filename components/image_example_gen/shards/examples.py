"""One image file to one tf.Example, and to the record of its measures."""

from dataclasses import dataclass, field

from components.image_example_gen.listing.listing import Entry
from components.image_example_gen.listing.metadata import tag_features
from components.imaging.images import ReadImage, UnreadableImage, read_image
from components.imaging.measures.image_record import measure
from components.imaging.measures.stored import serialize
from components.imaging.quarantine import NOTED, Quarantined
from components.recipe.data import DataSection
from components.storage import files
from components.storage.examples import Value, to_example


@dataclass(frozen=True)
class ReadEntry:
    """What is written of an image.

    Attributes:
        example: the serialized tf.Example; None if the file can't be read.
        record: of `measures.stored.serialize`; None too if there is no class.
        digest: of the decoded pixels, 16 bytes; None where there is no record.
        remarks: why the file can't be read, or what was read differently from what it states.
    """

    example: bytes | None = field(default=None, repr=False)
    record: bytes | None = field(default=None, repr=False)
    digest: bytes | None = None
    remarks: tuple[Quarantined, ...] = ()


def read_entry(base: str, entry: Entry, data: DataSection) -> ReadEntry:
    """Reads, converts and measures an image, which is decoded once.

    Args:
        base: the data folder.
        entry: the file; its patient is hashed.
        data: classes, metadata columns, the pixel limit, and whether EXIF and texts are kept.

    Returns:
        The example, with a remark with the reason `quarantine.NOTED` for each note; or the remark
        that says why the file can't be read.
    """
    try:
        image = read_image(
            files.read_bytes(base, entry.relative),
            max_pixels=data.max_pixels,
            keep_metadata=data.keep_metadata,
        )
    except OSError as error:
        reason = str(error.strerror or error)
        return ReadEntry(remarks=(Quarantined(entry.relative, "unreadable_file", reason),))
    except UnreadableImage as error:
        remark = Quarantined(entry.relative, str(error.reason), error.detail)
        return ReadEntry(remarks=(remark,))
    values = features(entry, image, data)
    record = digest = None
    if entry.label:  # else nobody checks the data
        measures = measure(image.picture, image.encoded if data.keep_metadata else None)
        record, digest = serialize(values, entry.split, measures), measures.digest
    return ReadEntry(
        to_example(values).SerializeToString(deterministic=True),
        record,
        digest,
        tuple(Quarantined(entry.relative, NOTED, note) for note in image.notes),
    )


def features(entry: Entry, image: ReadImage, data: DataSection) -> dict[str, Value]:
    """Returns the features of the Examples contract.

    `image` encoded bytes, `filename`, `patient` (keyed hash), `format`, `width`, `height` (pixels),
    `mean`, `std` (of the grey values, 0..255), `label` and `label_index` when there is a class, and
    the metadata columns that have a value; DICOM tags fill columns of the same name.
    """
    values: dict[str, Value] = {
        "image": image.encoded,
        "filename": entry.relative,
        "patient": entry.patient,
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "mean": image.mean,
        "std": image.std,
    }
    if entry.label:
        values["label"] = entry.label
        values["label_index"] = data.classes.index(entry.label)
    return values | tag_features(image.tags, data.metadata) | dict(entry.metadata)
