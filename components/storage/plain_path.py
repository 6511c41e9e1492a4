"""Paths that Beam and TensorFlow do not take for patterns.

Both match paths as globs at many places, and offer no way to say that `runs [2026]` is meant as it
is written.
"""

import hashlib
import os
import re
import tempfile
from pathlib import Path

_SPECIAL = re.compile(r"[\[\]{}*?\\\x00-\x1f\x7f]")


def plain_path(path: Path) -> Path:
    """Returns a path of the same folder without `[ ] { } * ?`, backslashes and control characters.

    A path that has any gets a symbolic link in the user's cache folder. Its name depends on the
    path alone, so that what is recorded under it is found again.

    Args:
        path: absolute; the folder need not exist yet.
    """
    if not _SPECIAL.search(str(path)):
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    link = _folder() / digest
    link.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(parents=True, exist_ok=True)  # or nobody could make it through the link
    if not (link.is_symlink() and os.readlink(link) == str(path)):
        beside = link.with_name(f"{digest}.{os.getpid()}")
        beside.symlink_to(path, target_is_directory=True)
        beside.replace(link)  # in one step: another process may do the same
    return link


def shown_path(path: str) -> str:
    """Returns a path as its user wrote it: `plain_path` undone; another path as it is."""
    folder = _folder()
    if not Path(path).is_relative_to(folder):
        return path
    digest, *below = Path(path).relative_to(folder).parts
    return str(Path(os.readlink(folder / digest), *below))


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    if _SPECIAL.search(str(cache)):
        cache = Path(tempfile.gettempdir(), f"cache-{os.getuid()}")
    return cache / "medtfx" / "paths"
