"""s3:// for TFX in a process without TensorFlow, which opens it elsewhere."""

import io
from typing import Any

from tfx.dsl.io import fileio, filesystem
from tfx.dsl.io.filesystem_registry import DEFAULT_FILESYSTEM_REGISTRY

from components.storage import s3


class S3Files(filesystem.Filesystem):
    """What TFX's launcher asks for until it executes a node, and what is read after the node.

    Folders are the parts of the keys, so there is none to make.
    """

    SUPPORTED_SCHEMES = ["s3://"]

    @staticmethod
    def open(name: Any, mode: str = "r") -> Any:
        """Opens an object to read it, whole."""
        if mode not in ("r", "rb"):
            raise NotImplementedError(f"s3:// can't be opened here with the mode {mode!r}.")
        content = s3.read_object(name)
        return io.BytesIO(content) if mode == "rb" else io.StringIO(content.decode())

    @staticmethod
    def exists(path: Any) -> bool:
        """Returns whether there is such an object, or any below it."""
        first = next(s3.list_objects(path), None)  # of all whose address begins so, by key
        return first is not None and (first.key == _key(path) or S3Files.isdir(path))

    @staticmethod
    def isdir(path: Any) -> bool:
        """Returns whether there are objects below it."""
        return next(s3.list_objects(f"{path.rstrip('/')}/"), None) is not None

    @staticmethod
    def listdir(path: Any) -> list[Any]:
        """Returns the names of the objects and folders in a folder."""
        folder = f"{path.rstrip('/')}/"
        start = len(_key(folder))
        names = {found.key[start:].partition("/")[0] for found in s3.list_objects(folder)}
        return sorted(names - {""})

    @staticmethod
    def makedirs(path: Any) -> None:
        """Does nothing: a folder begins with the first object in it."""

    @staticmethod
    def rmtree(path: Any) -> None:
        """Deletes all objects below a folder."""
        if not S3Files.isdir(path):
            raise fileio.NotFoundError(path)
        bucket = path.removeprefix("s3://").partition("/")[0]
        for found in list(s3.list_objects(f"{path.rstrip('/')}/")):
            s3.delete_object(f"s3://{bucket}/{found.key}")


def open_s3() -> None:
    """Registers it with TFX."""
    DEFAULT_FILESYSTEM_REGISTRY.register(S3Files, priority=0)


def _key(address: str) -> str:
    return address.removeprefix("s3://").partition("/")[2]
