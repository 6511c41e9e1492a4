"""What the audit stores of an image: measures and a thumbnail, never the pixels."""

import hashlib
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.data_audit.checks.annotations import Annotation, read_annotations
from components.data_audit.checks.text_marks import longest_line
from components.storage.examples import ALWAYS

THUMBNAIL = 32  # pixels; its fine detail is enough to tell two chest radiographs apart
_HASH_SIDE = 256  # pixels; the hash is of 8 x 8 low frequencies: this only makes it cheap

Value = str | int | float


@dataclass(frozen=True, eq=False)  # arrays can't be compared by ==
class ImageRecord:
    """The measures of an image.

    Attributes:
        filename: path in the data folder.
        split: `train`, `eval` or `test`.
        label: its class.
        patient: keyed hash.
        format: as found.
        colour: whether it is stored with three channels.
        width: in pixels, as is `height`.
        height: see there.
        mean: of the grey values, 0..255.
        std: of the same, 0..127.5.
        extremes: share of the grey values that are 0 or 255.
        digest: of the decoded pixels, 16 bytes.
        hash: perceptual, bool [64].
        thumbnail: uint8 [32, 32, 3].
        text_marks: length of the longest line of marks that may be letters.
        annotations: EXIF, text chunks and comments in the stored bytes.
        metadata: columns of the metadata table or DICOM tags.
    """

    filename: str
    split: str
    label: str
    patient: str
    format: str
    colour: bool
    width: int
    height: int
    mean: float
    std: float
    extremes: float
    digest: bytes
    hash: NDArray[np.bool_] = field(repr=False)
    thumbnail: NDArray[np.uint8] = field(repr=False)
    text_marks: int
    annotations: tuple[Annotation, ...]
    metadata: Mapping[str, Value]


def measure(values: Mapping[str, bytes | int | float], split: str) -> ImageRecord:
    """Measures one image.

    Args:
        values: the features of its tf.Example, see `image_example_gen.examples.features`.
        split: of the image.
    """
    encoded = _bytes(values["image"])
    image = Image.open(io.BytesIO(encoded))
    image.load()
    rgb, grey = image.convert("RGB"), image.convert("L")
    histogram = grey.histogram()
    small = grey.resize((_HASH_SIDE, _HASH_SIDE), Image.Resampling.BOX)
    thumbnail = rgb.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return ImageRecord(
        filename=_text(values["filename"]),
        split=split,
        label=_text(values["label"]),
        patient=_text(values["patient"]),
        format=_text(values["format"]),
        colour=image.mode == "RGB",
        width=image.width,
        height=image.height,
        mean=float(values["mean"]),
        std=float(values["std"]),
        extremes=(histogram[0] + histogram[255]) / math.prod(image.size),
        digest=_digest(rgb),
        hash=imagehash.phash(small).hash.ravel(),
        thumbnail=np.asarray(thumbnail),
        text_marks=longest_line(grey),
        annotations=read_annotations(image),
        metadata={
            name: _text(value) if isinstance(value, bytes) else value
            for name, value in values.items()
            if name not in _OWN
        },
    )


# Features that every Example has; the others are columns of the metadata table or DICOM tags.
_OWN = frozenset({*ALWAYS, "label", "label_index"})


def _digest(rgb: Image.Image) -> bytes:
    """Returns a digest of the pixels: the same for every lossless format."""
    digest = hashlib.blake2b(repr(rgb.size).encode(), digest_size=16)
    digest.update(rgb.tobytes())
    return digest.digest()


def _bytes(value: bytes | int | float) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"Expected bytes. Received: {value!r}")
    return value


def _text(value: bytes | int | float) -> str:
    return _bytes(value).decode(errors="surrogateescape")
