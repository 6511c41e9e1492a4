"""Phantoms as the audit sees them, ways to spoil them, and files of their records."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from components.data_audit import finding
from components.imaging.images import read_image
from components.imaging.measures.image_record import ImageRecord, Measures, describe, measure
from components.imaging.measures.stored import serialize
from components.storage.examples import open_writer
from pipeline.sample_data import draw_radiograph, plan_films

SEED, SIZE = 11, 96
_SPLITS = ("train", "train", "train", "eval", "test")  # of every five patients of a class


def draw_cohort(patients_per_class: int = 15) -> dict[str, tuple[ImageRecord, Image.Image]]:
    """Returns file name → picture, and the image it was measured on."""
    cohort = {}
    for film in plan_films(patients_per_class, SEED, SIZE):
        image = Image.fromarray(to_uint8(draw_radiograph(film, SEED)))
        split = _SPLITS[int(film.patient.id[1:]) // 3 % len(_SPLITS)]
        name = f"{film.patient.label}/{film.patient.id}_{len(cohort)}.png"
        metadata = {"sex": film.patient.sex, "site": film.patient.site}
        picture = picture_of(png(image), name, film.patient.label, split, film.patient.id, metadata)
        cohort[name] = picture, image
    return cohort


def to_uint8(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.dtype == np.uint8 else (pixels / pixels.max() * 255).astype(np.uint8)


def png(image: Image.Image, **options: object) -> bytes:
    return encode(image, "PNG", **options)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def picture_of(
    data: bytes,
    name: str = "COVID/added.png",
    label: str = "COVID",
    split: str = "train",
    patient: str = "added",
    metadata: Mapping[str, str | int] | None = None,
) -> ImageRecord:
    """Measures a file as ImageExampleGen would store it."""
    values = example(data, name, label, patient, metadata)
    return describe(values, split, _measures(data))


def record_of(values: Mapping[str, bytes | int | float], split: str) -> bytes:
    """Returns what ImageExampleGen stores beside an `example`."""
    image = values["image"]
    assert isinstance(image, bytes)
    return serialize(values, split, _measures(image))


def write_records(folder: Path, pictures: Sequence[ImageRecord], files: int = 2) -> list[str]:
    """Writes records as ImageExampleGen does, and returns the paths of their files."""
    folder.mkdir()
    paths = [str(folder / f"data_tfrecord-{n:05d}-of-{files:05d}.gz") for n in range(files)]
    for number, path in enumerate(paths):
        with open_writer(path) as writer:
            for picture in pictures[number::files]:
                writer.write(serialize(features_of(picture), picture.split, picture))
    return paths


def features_of(picture: ImageRecord) -> dict[str, str | int | float]:
    """Returns the features of the Example of a picture, without its pixels."""
    names = ("filename", "label", "patient", "format", "width", "height", "mean", "std")
    plain = {name: getattr(picture, name) for name in names}
    return {**plain, "label_index": 0, **picture.metadata}


def image(
    filename: str, split: str = "train", label: str = "COVID", patient: str = "p"
) -> finding.Image:
    """Returns an image as findings name it."""
    return finding.Image(filename, split, label, patient)


def _measures(data: bytes) -> Measures:
    image = read_image(data, keep_metadata=True)
    return measure(image.picture, image.encoded)


def example(
    data: bytes,
    name: str,
    label: str,
    patient: str,
    metadata: Mapping[str, str | int] | None = None,
) -> dict[str, bytes | int | float]:
    """Returns the features of its tf.Example."""
    image = read_image(data, keep_metadata=True)
    values: dict[str, bytes | str | int | float] = {
        "image": image.encoded,
        "filename": name,
        "label": label,
        "label_index": 0,
        "patient": patient,
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "mean": image.mean,
        "std": image.std,
        **(metadata or {}),
    }
    return {key: v.encode() if isinstance(v, str) else v for key, v in values.items()}


def with_text(image: Image.Image, text: str) -> Image.Image:
    """Burns text into the upper left corner."""
    wide = image.convert("L").resize((384, 384))
    ImageDraw.Draw(wide).text((10, 12), text, fill=255, font=ImageFont.load_default(18))
    return wide
