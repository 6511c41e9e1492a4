"""Features of images that a frozen backbone has seen before, on disk.

Five folds show the same images, and so do runs after a change of the head; the backbone takes
minutes, the head seconds.
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
_SECONDS_BETWEEN = 60  # what a killed training has computed is lost for so long at most


class FeatureCache:
    """Pooled features by the bytes of the image.

    Args:
        folder: one file for each backbone.
        backbone: what tells this one from others, of `identity_of`.
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
        """Returns the features [B, D] of [B, H, W, C] pixels; `compute` is asked for new ones."""
        keys = [hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in pixels]
        new = [place for place, key in enumerate(keys) if key not in self._rows]
        if new:
            self._added = True
            for place, row in zip(new, np.asarray(compute(pixels[new])), strict=True):
                self._rows[keys[place]] = row
            if time.monotonic() - self._saved > _SECONDS_BETWEEN:
                self.save()
        return np.stack([self._rows[key] for key in keys])

    def save(self) -> None:
        """Writes what was added, unless it is a gigabyte; deletes files that are a week old."""
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
    """Returns 32 hex digits over the weights of a model and what else decides its features.

    Args:
        features: the model.
        settings: what else decides, in plain values as JSON takes them.
    """
    digest = hashlib.blake2b(json.dumps(settings, sort_keys=True).encode(), digest_size=16)
    digest.update(str(features.compute_dtype).encode())
    for weight in features.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()
