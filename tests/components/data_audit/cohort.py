"""Phantoms as the audit sees them, and ways to spoil them."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from components.imaging.images import read_image
from components.imaging.measures.image_record import ImageRecord, Measures, describe, measure
from components.imaging.measures.stored import serialize
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
