"""The folders of a pushed model: what is a version, and what is left of a push that ended early."""

import re

UNFINISHED = ".{version}.{mark}.part"
"""Name of a folder in which a version is completed; servers do not see it."""

_UNFINISHED = re.compile(r"\.[0-9]+\.[0-9a-f]+\.part")


def is_unfinished(name: str) -> bool:
    """Whether it is the name of a folder in which a version is, or was, completed."""
    return bool(_UNFINISHED.fullmatch(name))
