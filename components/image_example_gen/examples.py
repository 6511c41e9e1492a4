"""One image file to one tf.Example."""

import tensorflow as tf

from components.image_example_gen.listing import Entry
from components.image_example_gen.metadata import band
from components.imaging.images import ReadImage, UnreadableImage, read_image
from components.imaging.quarantine import NOTED, Quarantined
from components.recipe.data import DataSection
from components.storage import files
from components.storage.examples import Value, to_example


def read_entry(
    base: str, entry: Entry, data: DataSection
) -> tuple[tf.train.Example | None, list[Quarantined]]:
    """Reads an image and turns it into a tf.Example, or says why that can't be done.

    Args:
        base: the data folder.
        entry: the file; its patient is hashed.
        data: classes, metadata columns, the pixel limit, and whether EXIF and texts are kept.

    Returns:
        The example, and a remark with the reason `quarantine.NOTED` for each note; or None, and
        why the file can't be read.
    """
    try:
        image = read_image(
            files.read_bytes(base, entry.relative),
            max_pixels=data.max_pixels,
            keep_metadata=data.keep_metadata,
        )
    except OSError as error:
        reason = str(error.strerror or error)
        return None, [Quarantined(entry.relative, "unreadable_file", reason)]
    except UnreadableImage as error:
        return None, [Quarantined(entry.relative, str(error.reason), error.detail)]
    notes = [Quarantined(entry.relative, NOTED, note) for note in image.notes]
    return to_example(features(entry, image, data)), notes


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
    return values | _from_tags(image, data) | dict(entry.metadata)


def _from_tags(image: ReadImage, data: DataSection) -> dict[str, Value]:
    if data.metadata is None:
        return {}
    values: dict[str, Value] = {
        column: image.tags[column] for column in data.metadata.columns if column in image.tags
    }
    for column, edges in data.metadata.bands.items():
        if isinstance(number := image.tags.get(column), int):
            values[f"{column}_band"] = band(number, edges)
    return values
