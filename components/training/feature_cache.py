"""Pooled features of images, kept on disk from one training to the next.

The folds of a cross-validation have the same images, and so have runs after a change of the head;
the backbone takes minutes, the head seconds.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from components.storage.atomic_write import replacing

Vectors = NDArray[np.float32]

_MOST_BYTES = 1_000_000_000
_DAYS_KEPT = 7
_SECONDS_BETWEEN = 60  # between two saves: a killed training loses no more than that


class FeatureCache:
    """Pooled features, looked up by a hash of the pixels.

    Args:
        folder: folder with one file for each backbone.
        backbone: identity of the backbone, of `identity_of`.
    """

    def __init__(self, folder: Path, backbone: str):
        self._file = folder / f"{backbone}.npz"
        self._rows: dict[bytes, Vectors] = {}
        self._added, self._saved = False, time.monotonic()
        if self._file.exists():
            with np.load(self._file) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
            self._rows = {key.tobytes(): row for key, row in zip(keys, vectors, strict=True)}

    def features(self, pixels: NDArray[np.float32], compute: Callable[..., Any]) -> Vectors:
        """Returns the features of images.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.
            compute: pixels [n, H, W, C] → features [n, D]; called with the new images only.

        Returns:
            [B, D] float32.
        """
        keys = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in pixels]
        new = [index for index, key in enumerate(keys) if key not in self._rows]
        if new:
            self._added = True
            for index, row in zip(new, np.asarray(compute(pixels[new])), strict=True):
                self._rows[keys[index]] = row
            if time.monotonic() - self._saved > _SECONDS_BETWEEN:
                self.save()
        return np.stack([self._rows[key] for key in keys])

    def save(self) -> None:
        """Writes new features, if all fit in a gigabyte; deletes files older than a week."""
        if not self._added:
            return
        vectors = np.stack(list(self._rows.values()))
        if vectors.nbytes > _MOST_BYTES:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        for path in self._file.parent.iterdir():
            if time.time() - path.stat().st_mtime > _DAYS_KEPT * 86_400:
                path.unlink(missing_ok=True)
        keys = np.frombuffer(b"".join(self._rows), np.uint8).reshape(len(self._rows), -1)
        with replacing(self._file) as file:
            np.savez(file, keys=keys, vectors=vectors)
        self._added, self._saved = False, time.monotonic()


def identity_of(features: keras.Model, settings: dict[str, Any]) -> str:
    """Returns a hash of all that decides the features of a model.

    Args:
        features: the model; its weights and its precision count.
        settings: other settings that count, JSON-able.

    Returns:
        32 hex digits.
    """
    digest = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=16)
    digest.update(str(features.compute_dtype).encode())
    for weight in features.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
