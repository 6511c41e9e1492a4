"""Sample images on the page, from a folder that is named when the page starts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from components.imaging.candidates import may_be_image
from components.imaging.images import UnreadableImage, read_image
from components.runtime.errors import MedtfxError
from serving.app.pictures import encode, reduce
from serving.app.uploads import Upload

_MOST = 12
_SIDE = 160  # pixels of a thumbnail


@dataclass(frozen=True)
class Sample:
    """An image of the folder.

    Attributes:
        number: by which the page asks for it; a path never comes from outside.
        name: of the file.
        path: where it lies.
    """

    number: int
    name: str
    path: Path


class Samples:
    """The first twelve readable images of a folder, by name.

    Args:
        folder: of images, not searched any deeper; None for no samples.

    Raises:
        MedtfxError: there is no such folder, or no image that can be read in it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._thumbnails: dict[int, bytes] = {}
        self._lock = threading.Lock()
        self._list = [] if folder is None else _find(folder)

    def __iter__(self) -> Iterator[Sample]:
        return iter(self._list)

    def get(self, number: str) -> Sample | None:
        """Returns a sample by its number as text, or None."""
        return next((sample for sample in self._list if str(sample.number) == number), None)

    def upload(self, sample: Sample) -> Upload:
        """Reads a sample as if it had been uploaded.

        Raises:
            OSError: the file is gone, or can't be read.
        """
        return Upload(sample.name, sample.path.read_bytes())

    def thumbnail(self, sample: Sample) -> bytes:
        """Returns a small WebP picture.

        Raises:
            OSError: the file is gone, or can't be read.
            UnreadableImage: it is no image any more.
        """
        with self._lock:
            if sample.number not in self._thumbnails:
                encoded = read_image(sample.path.read_bytes()).encoded
                self._thumbnails[sample.number] = encode(reduce(encoded, _SIDE), "WEBP")
            return self._thumbnails[sample.number]


def _find(folder: Path) -> list[Sample]:
    if not folder.is_dir():
        raise MedtfxError(f"Samples come from a folder of images. There is no folder {folder}.")
    paths = sorted(path for path in folder.iterdir() if path.is_file() and _offered(path.name))
    readable = list(islice(filter(_is_readable, paths), _MOST))
    if not readable:
        raise MedtfxError(
            f"Samples come from a folder of images, but {folder} holds none that can be read. "
            "Folders in it are not searched: name one of them."
        )
    return [Sample(number, path.name, path) for number, path in enumerate(readable, 1)]


def _offered(name: str) -> bool:
    return may_be_image(name) and not name.startswith(".")


def _is_readable(path: Path) -> bool:
    try:
        read_image(path.read_bytes())
    except (OSError, UnreadableImage):
        return False
    return True
