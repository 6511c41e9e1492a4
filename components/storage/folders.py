"""Parts a data folder into folders that can be listed by different workers."""

from dataclasses import dataclass

from components.storage import files

_LEVELS = 6  # below the data folder; a deeper tree is listed as a whole from there
_MOST = 10_000  # folders in one; a folder with more, as of patients, is one part


@dataclass(frozen=True)
class Folder:
    """What one worker lists.

    Attributes:
        path: below the data folder, with forward slashes; empty: itself.
        deep: whether the folders in it belong to it.
    """

    path: str
    deep: bool


def parted(base: str, wanted: int) -> list[Folder]:
    """Returns folders that hold every file below `base` once.

    Folders that hold nothing but folders are opened, level by level, until there are as many as
    wanted. So a folder of a million files is one part, and is never read here to find that out.

    Args:
        base: a path, or an address of object storage.
        wanted: that many parts are enough.

    Raises:
        OSError: a folder can't be listed.
        DataError: object storage can't be reached, or refuses access.
    """
    level = files.subfolders(base, among_files=True)
    if level is None:
        return [Folder("", True)]
    opened = [""]
    closed: list[str] = []
    for _ in range(_LEVELS):
        below: list[str] = []
        for place, folder in enumerate(level):
            enough = len(closed) + len(below) + len(level) - place >= wanted
            found = None if enough else files.subfolders(base, folder)
            if found is None or len(found) > _MOST:
                closed.append(folder)
            else:
                opened.append(folder)
                below += found
        level = below
    # A file that is put beside the folders meanwhile is listed too.
    alone = [Folder(folder, False) for folder in opened]
    return alone + [Folder(folder, True) for folder in closed + level]
