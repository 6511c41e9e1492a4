"""Pooled features of images, kept on disk from one training to the next.

The folds of a cross-validation have the same images, so have runs after a change of the head, and a
retraining has a few new ones; the backbone takes minutes, the head seconds. An image is known by
its pixels, a backbone by its weights and settings, so that nothing out of date is ever found.
"""

import hashlib
import json
import logging
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np
from numpy.typing import NDArray

from components.storage.atomic_write import replacing

Vectors = NDArray[np.float32]

_log = logging.getLogger("medtfx.trainer")
_MAX_BYTES = 1_000_000_000  # of one file, and of all files together
_KEY_BYTES = 16
_SECONDS_BETWEEN = 60  # between two saves: a killed training loses no more than that


class FeatureCache:
    """Pooled features, looked up by a hash of the pixels.

    Two trainings may use the same folder at the same time: each replaces the file in one step, and
    adds what the other one has saved before. A file that can't be read is computed again.

    Args:
        folder: folder on a disk, with one file for each backbone.
        backbone: identity of the backbone, of `identity_of`.

    Attributes:
        computed: number of features that were not in the cache.
    """

    def __init__(self, folder: Path, backbone: str):
        self._file = folder / f"{backbone}.npz"
        self._rows = _read(self._file)
        self._used: dict[bytes, Vectors] = {}
        self._saved = time.monotonic()
        self._added = False
        self.computed = 0
        if self._rows:
            self._file.touch()  # the files that were not used for the longest time go first

    def features(self, pixels: NDArray[np.float32], compute: Callable[..., Any]) -> Vectors:
        """Returns the features of images.

        Args:
            pixels: [B, H, W, C] float32 in 0..255.
            compute: pixels [n, H, W, C] → features [n, D]; called with the new images only.

        Returns:
            [B, D] float32.
        """
        keys = [
            hashlib.blake2b(image.tobytes(), digest_size=_KEY_BYTES).digest() for image in pixels
        ]
        new = [index for index, key in enumerate(keys) if key not in self._rows]
        if new:
            self._added = True
            self.computed += len(new)
            for index, row in zip(new, np.asarray(compute(pixels[new])), strict=True):
                self._rows[keys[index]] = row
        self._used |= {key: self._rows[key] for key in keys}
        if self._added and time.monotonic() - self._saved > _SECONDS_BETWEEN:
            self.save()
        return np.stack([self._rows[key] for key in keys])

    def save(self) -> None:
        """Writes new features, and deletes other files where the folder holds over a gigabyte."""
        if not self._added:
            return
        self._added, self._saved = False, time.monotonic()
        rows = _read(self._file) | self._rows
        if _bytes(rows) > _MAX_BYTES:
            rows = self._used  # without the images of earlier trainings
        if _bytes(rows) > _MAX_BYTES:
            _log.info("%d features take over a gigabyte; they are not kept for later", len(rows))
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), _KEY_BYTES)
        with replacing(self._file) as file:
            np.savez(file, keys=keys, vectors=np.stack(list(rows.values())))
        self._delete_others()

    def _delete_others(self) -> None:
        found = []
        for path in self._file.parent.glob("*.npz"):
            try:
                found.append((path != self._file, -path.stat().st_mtime, path.stat().st_size, path))
            except FileNotFoundError:  # deleted by another training in the meantime
                continue
        total = 0
        for _, _, size, path in sorted(found):  # this one, then from new to old
            total += size
            if total > _MAX_BYTES and path != self._file:
                path.unlink(missing_ok=True)


def _read(file: Path) -> dict[bytes, Vectors]:
    """Returns the features in a file by the hash of the pixels; {} where they can't be read."""
    try:
        with np.load(file) as stored:  # a zip archive, which has a checksum of each array
            pairs = zip(stored["keys"], stored["vectors"], strict=True)
            return {key.tobytes(): row for key, row in pairs}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        _log.warning("%s can't be read (%s); the features are computed again", file, error)
        return {}


def _bytes(rows: dict[bytes, Vectors]) -> int:
    return sum(row.nbytes for row in rows.values())


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
