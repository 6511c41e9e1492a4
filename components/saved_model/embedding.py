"""The embedding: 32 numbers of an image, by which the monitor sees whether images have changed.

A random projection of the pooled features keeps distances nearly as they are (Johnson &
Lindenstrauss 1984), whatever the backbone and its number of features.
"""

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

EMBED = "embed"  # the signature: `serving_default`, with the two outputs below
EMBEDDING, SCORE = "embedding", "out_of_distribution_score"
SIZE = 32
_SEED = 23
_LARGEST = 60_000.0  # a float16 ends at 65,504
_STORED = np.dtype("<f2")  # three digits are enough to compare distributions


def projection(features: int) -> NDArray[np.float32]:
    """Returns the matrix [features, SIZE], the same each time; it is a constant of the graph."""
    drawn = np.random.default_rng(_SEED).standard_normal((features, SIZE))
    return (drawn / np.sqrt(SIZE)).astype(np.float32)


def to_stored(embeddings: NDArray[np.floating]) -> NDArray[np.float16]:
    """Returns embeddings [N, SIZE] as they are kept, as float16; NaN and infinity become NaN."""
    values = np.where(np.isfinite(embeddings), embeddings, np.nan)
    return np.clip(values, -_LARGEST, _LARGEST).astype(_STORED)


def to_text(embedding: NDArray[np.floating]) -> str:
    """Returns one embedding [SIZE] as text: little-endian float16 in base64."""
    return base64.b64encode(to_stored(embedding).tobytes()).decode()


def from_text(text: str) -> bytes:
    """Returns the bytes of an embedding, of what `to_text` made.

    Raises:
        ValueError: it is something else.
    """
    data = base64.b64decode(text, validate=True)
    if len(data) != SIZE * _STORED.itemsize:
        raise ValueError(f"{len(data)} bytes are not {SIZE} numbers")
    return data


def from_stored(values: Sequence[bytes | None]) -> NDArray[np.float16]:
    """Returns embeddings [N, SIZE] of their bytes; NaN where there are none."""
    unknown = np.full(SIZE, np.nan, _STORED).tobytes()
    joined = b"".join(value or unknown for value in values)
    return np.frombuffer(joined, _STORED).reshape(-1, SIZE)
