"""Who may read what medtfx writes: the user who runs it alone, unless the site says otherwise."""

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.runtime.environment import UMASK
from components.runtime.errors import DataError

OWNER_ALONE = 0o077
"""The umask that leaves a new file to its owner."""

_NOT_FOR_KEYS = 0o027  # a group may read a key, as `ssl-cert` does on Debian


def site_umask(default: int = OWNER_ALONE) -> int:
    """Returns the umask that the site wants.

    Args:
        default: without $MEDTFX_UMASK.

    Raises:
        DataError: the variable holds something else, or one that takes rights from the owner.
    """
    text = UMASK.get() or f"{default:o}"
    if not re.fullmatch("0{0,2}[0-7]{1,2}", text):
        raise DataError(
            f"{UMASK} is a umask, in octal digits, that takes rights from the group and others "
            f"alone, such as 077, 027 or 022. Received: {text!r}."
        )
    return int(text, 8)


@contextmanager
def private_files() -> Iterator[None]:
    """Within the block, this process and those that it starts write files with the site's umask.

    Raises:
        DataError: the site's umask is not one.
    """
    before = os.umask(site_umask())
    try:
        yield
    finally:
        os.umask(before)


def opened_to_others(path: Path) -> str:
    """Returns the sentence that says who else may read a file or folder; '' for nobody.

    Raises:
        DataError: the site's umask is not one.
        OSError: it is not there.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    umask = site_umask()
    if not mode & umask:
        return ""
    return (
        f"Other users of this machine can use {path} (mode {mode:04o}). To keep them out: "
        f"chmod {mode & ~umask:o} {path}"
    )


def trouble_with_key(path: Path) -> str:
    """Returns why a file can't be a secret key, and what helps; '' if it can.

    Raises:
        OSError: it is not there.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & _NOT_FOR_KEYS:
        return ""
    return (
        "A secret key may be read by its owner, or by a group too (640), but not by others. "
        f"Received: {path} with mode {mode:04o}. Run: chmod 600 {path} (for a volume of a "
        "Kubernetes secret: defaultMode: 0440). If others use this machine, consider a new key."
    )
