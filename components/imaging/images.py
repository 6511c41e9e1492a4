"""Any image file a hospital has in, one canonical picture out.

*Canonical bytes* are an 8-bit grey or RGB PNG or JPEG, upright, that
``tf.io.decode_image(channels=3)`` decodes. Training and the client
read images through :func:`read_image` alone, so the model never sees two versions of one file.

1. An 8-bit grey or RGB PNG and a grey or YCbCr JPEG pass through as they are stored, after one
   full decoding has proved them whole, but for what they say beside the picture (EXIF, texts).
2. Everything else becomes a PNG: alpha is dropped (as TensorFlow does), palettes and CMYK become
   RGB, EXIF orientation is applied, of animations and multi-page files the first picture is kept.
3. Grey values of more than 8 bits are stretched (``grey.stretch``); those of RGB, and of grey
   with alpha, keep their high byte, as in TensorFlow's PNG decoder. Colour profiles (ICC) are
   ignored, as TensorFlow ignores them.

Neither TensorFlow nor TFX is imported here, so that the client starts quickly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from components.imaging.annotations import without_annotations
from components.imaging.canonical import canonical, encode_png
from components.imaging.decode import decode
from components.imaging.quiet import quiet
from components.imaging.signature import sniff
from components.imaging.unreadable import REASONS, UnreadableImage, refusal

__all__ = ["MAX_PIXELS", "REASONS", "ReadImage", "UnreadableImage", "is_image_name", "read_image"]

_SUFFIXES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".tif", ".tiff", ".gif", ".webp", ".dcm",
    ".dicom",
)  # fmt: skip


MAX_PIXELS = 50_000_000  # of an image; more is a decompression bomb, or needs to be allowed


@dataclass(frozen=True)
class ReadImage:
    """One readable image.

    Attributes:
        encoded: canonical PNG or JPEG bytes.
        picture: the same decoded, of mode L or RGB.
        format: as found: 'PNG', 'JPEG', 'BMP', 'TIFF', 'GIF', 'WEBP' or 'DICOM'.
        width: of the canonical image, in pixels.
        height: of the canonical image, in pixels.
        mean: of the canonical grey (ITU-R 601 luma) values, 0..255.
        std: of the same values (population), 0..127.5.
        tags: of a DICOM file only, as far as present: 'view', 'modality', 'sex' (M, F, O),
            'age' (int, years, 90 stands for 90 and above), 'manufacturer'.
        patient_id: raw DICOM Patient ID (0010,0020): hash it, never store or log it.
        study_uid: raw DICOM Study Instance UID (0020,000D): the same.
        notes: what was read otherwise than the file says it, a sentence each; DICOM only.
    """

    encoded: bytes = field(repr=False)
    picture: Image.Image = field(repr=False, compare=False)
    format: str
    width: int
    height: int
    mean: float
    std: float
    tags: Mapping[str, str | int] = field(default_factory=dict)
    patient_id: str | None = field(default=None, repr=False)
    study_uid: str | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()


def is_image_name(name: str) -> bool:
    """Whether the file name has the suffix of a readable format, in either case."""
    return name.lower().endswith(_SUFFIXES)


def read_image(
    data: bytes, *, max_pixels: int = MAX_PIXELS, keep_metadata: bool = False
) -> ReadImage:
    """Turns the content of one file into canonical bytes.

    Args:
        data: the whole file.
        max_pixels: refuse above this many (width x height), by the header, before decoding.
        keep_metadata: leave EXIF, texts and colour profiles in a PNG or JPEG that passes through.

    Raises:
        UnreadableImage: whatever is wrong with the file. No other exception comes out.
    """
    kind = "file"
    try:
        with quiet():
            kind = sniff(data)
            return _read(bytes(data), kind, max_pixels, keep_metadata)
    except UnreadableImage:
        raise
    except Exception as error:  # a decoder fed with broken data raises anything at all
        raise refusal(error, kind) from error


def _read(data: bytes, kind: str, max_pixels: int, keep_metadata: bool) -> ReadImage:
    if kind == "DICOM":
        from components.imaging.dicom.reader import read_dicom  # here: pydicom is slow to import

        found = read_dicom(data, max_pixels)
        image = Image.fromarray(found.pixels)
        measured = _result(image, encode_png(image), kind)
        return replace(
            measured,
            tags=found.tags,
            patient_id=found.patient_id,
            study_uid=found.study_uid,
            notes=found.notes,
        )
    if kind == "TIFF":
        from components.imaging.tiff.reader import read_tiff  # here: tifffile is slow to import

        image, turn, as_is = *read_tiff(data, max_pixels), False
    else:
        image, turn, as_is = decode(kind, data, max_pixels)
    if as_is:
        return _result(image, data if keep_metadata else without_annotations(data), kind)
    image = canonical(image, turn)
    return _result(image, encode_png(image), kind)


def _result(image: Image.Image, encoded: bytes, kind: str) -> ReadImage:
    """Measures the canonical picture; a 256-bin histogram is exact, and cheaper than an array."""
    grey = image if image.mode == "L" else image.convert("L")
    counts = np.asarray(grey.histogram(), np.float64)
    levels = np.arange(256.0)
    mean = float(counts @ levels / counts.sum())
    std = math.sqrt(float(counts @ (levels - mean) ** 2 / counts.sum()))
    return ReadImage(encoded, image, kind, *image.size, mean, std)
