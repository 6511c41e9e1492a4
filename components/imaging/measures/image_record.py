"""What is kept of an image beside the Examples: measures and a thumbnail, never the pixels."""

import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.imaging.measures.annotations import Annotation, read_annotations
from components.imaging.measures.text_marks import longest_line
from components.storage.examples import ALWAYS

THUMBNAIL = 32  # pixels; its fine detail is enough to tell two chest radiographs apart
_HASH_SIDE = 256  # pixels; the hash is of 8 x 8 low frequencies: this only makes it cheap

Value = str | int | float


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class Measures:
    """What is measured on the pixels of an image.

    Attributes:
        colour: whether it is stored with three channels.
        extremes: share of the grey values that are 0 or 255.
        digest: of the decoded pixels, 16 bytes.
        hash: perceptual, bool [64].
        thumbnail: uint8 [32, 32, 3].
        text_marks: length of the longest line of marks that may be letters.
        annotations: EXIF, text chunks and comments in the stored bytes.
    """

    colour: bool
    extremes: float
    digest: bytes
    hash: NDArray[np.bool_] = field(repr=False)
    thumbnail: NDArray[np.uint8] = field(repr=False)
    text_marks: int
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageRecord(Measures):
    """An image without its pixels: its measures, and the other features of its Example.

    Attributes:
        filename: path in the data folder.
        split: `train`, `eval` or `test`.
        label: its class.
        patient: keyed hash.
        format: as found.
        width: in pixels, as is `height`.
        height: see there.
        mean: of the grey values, 0..255.
        std: of the same, 0..127.5.
        metadata: columns of the metadata table or DICOM tags.
    """

    filename: str
    split: str
    label: str
    patient: str
    format: str
    width: int
    height: int
    mean: float
    std: float
    metadata: Mapping[str, Value]


def measure(image: Image.Image, encoded: bytes | None = None) -> Measures:
    """Measures a picture.

    Args:
        image: of mode L or RGB.
        encoded: the stored PNG or JPEG, if it may hold annotations.
    """
    grey = image if image.mode == "L" else image.convert("L")
    histogram = grey.histogram()
    small = grey.resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.BOX)
    thumbnail = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX).convert("RGB")
    return Measures(
        colour=image.mode == "RGB",
        extremes=(histogram[0] + histogram[255]) / math.prod(image.size),
        digest=_digest(image),
        hash=imagehash.phash(small).hash.ravel(),
        thumbnail=np.asarray(thumbnail),
        text_marks=longest_line(grey),
        annotations=() if encoded is None else _annotations(encoded),
    )


def describe(
    values: Mapping[str, bytes | int | float], split: str, measures: Measures
) -> ImageRecord:
    """Returns the record of an image.

    Args:
        values: the features of its tf.Example, see `image_example_gen.shards.examples.features`;
            its `image` is not needed.
        split: of the image.
        measures: of the same.
    """
    return ImageRecord(
        **vars(measures),
        filename=_text(values["filename"]),
        split=split,
        label=_text(values["label"]),
        patient=_text(values["patient"]),
        format=_text(values["format"]),
        width=int(values["width"]),
        height=int(values["height"]),
        mean=float(values["mean"]),
        std=float(values["std"]),
        metadata={
            name: _text(value) if isinstance(value, bytes) else value
            for name, value in values.items()
            if name not in _OWN
        },
    )


# Features that every Example has; the others are columns of the metadata table or DICOM tags.
_OWN = frozenset({*ALWAYS, "label", "label_index"})


def _annotations(encoded: bytes) -> tuple[Annotation, ...]:
    opened = Image.open(io.BytesIO(encoded))
    opened.load()  # texts of a PNG may follow its pixels
    return read_annotations(opened)


def _digest(image: Image.Image) -> bytes:
    """Returns a digest of the pixels: the same for every lossless format and mode."""
    pixels = np.asarray(image)
    if pixels.ndim == 3 and _in_grey(pixels):
        pixels = np.ascontiguousarray(pixels[..., 0])
    digest = hashlib.blake2b(repr(pixels.shape).encode(), digest_size=16)
    digest.update(pixels.data)
    return digest.digest()


def _in_grey(pixels: NDArray[np.uint8]) -> bool:
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return bool((red == green).all() and (red == blue).all())


def _text(value: bytes | int | float) -> str:
    if not isinstance(value, bytes):
        raise TypeError(f"Expected bytes. Received: {value!r}")
    return value.decode(errors="surrogateescape")
