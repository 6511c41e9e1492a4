"""What a weights file is: whether it is whole, of which format, and what it holds."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.runtime.errors import WeightsError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LFS = b"version https://git-lfs"


def check_weights_file(path: Path) -> None:
    """Refuses what can't hold weights, before a network is built.

    Raises:
        WeightsError: the file is a git-lfs pointer, no HDF5 file, cut off, without weights, or of
            another format than its name says, by which Keras goes.
    """
    with path.open("rb") as file:
        head = file.read(64)
    if head.startswith(_LFS):
        raise WeightsError(
            f"The weights file {str(path)!r} is a pointer of git-lfs, not the weights. Fetch them "
            "with `git lfs pull`, or download the file itself."
        )
    if not head.startswith(_HDF5):
        raise WeightsError(
            f"The weights file {str(path)!r} must be HDF5, as Keras writes it (.weights.h5 or "
            f".h5). It begins with {head[:16]!r}. Download it again."
        )
    held(path)  # reads the whole table of contents
    with _opened(path) as opened:
        legacy = "model_weights" in opened or "layer_names" in opened.attrs
        empty = not legacy and "layers" not in opened
    if empty:
        raise WeightsError(
            f"The weights file {str(path)!r} is HDF5 and holds no weights of a Keras model. Name "
            "another file."
        )
    _check_name(path, legacy)


def _check_name(path: Path, legacy: bool) -> None:
    due = ".h5" if legacy else ".weights.h5"
    if not path.name.endswith(due) or (legacy and path.name.endswith(".weights.h5")):
        raise WeightsError(
            f"The weights file {path.name!r} is of the format of Keras {2 if legacy else 3}, so "
            f"that its name must end with {due}{' alone' if legacy else ''}. Rename it."
        )


def held(path: Path) -> str:
    """Returns in words what the arrays of an HDF5 file are.

    Raises:
        WeightsError: the file is cut off, or damaged.
    """
    shapes: list[Sequence[int]] = []

    def collect(name: str, node: Any) -> None:
        if hasattr(node, "shape") and not name.startswith("optimizer"):
            shapes.append(node.shape)

    with _opened(path) as opened:
        opened.visititems(collect)
    return in_words(shapes)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import h5py  # here: it comes with TensorFlow

    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError):  # as HDF5 meets what is broken
        raise WeightsError(
            f"The weights file {str(path)!r} is damaged or cut off at {path.stat().st_size} bytes. "
            "Copy or download it again."
        ) from None


def in_words(shapes: Iterable[Sequence[int]]) -> str:
    """Returns number and size of arrays, and the channels of the images that they are for."""
    listed = list(shapes)
    numbers = sum(math.prod(shape) for shape in listed)
    inputs = [shape[2] for shape in listed if len(shape) == 4]  # of convolutions
    channels = f", for images of {min(inputs)} channels" if inputs else ""
    return f"{len(listed)} arrays with {numbers:,} numbers{channels}"
