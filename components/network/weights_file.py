"""What a weights file is, by its first bytes and its length, where it is no whole HDF5 file."""

from pathlib import Path

from components.runtime.errors import WeightsError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LFS = b"version https://git-lfs"


def check_weights_file(path: Path) -> None:
    """Refuses what can't hold weights, before a network is built.

    Raises:
        WeightsError: the file is a git-lfs pointer, no HDF5 file, or cut off.
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
    import h5py  # here: it comes with TensorFlow

    try:
        h5py.File(path, "r").close()
    except OSError:
        raise WeightsError(
            f"The weights file {str(path)!r} is damaged or cut off at {path.stat().st_size} bytes. "
            "Copy or download it again."
        ) from None
