"""Digests of the files of a model, which bind a decision to exactly these files."""

import hashlib
import os
from collections.abc import Mapping

from tfx.dsl.io import fileio

_CHUNK = 1 << 20  # bytes


def digest_files(folder: str) -> dict[str, str]:
    """Returns the SHA-256 of every file below a folder.

    Args:
        folder: on a disk or in object storage.

    Returns:
        Path below the folder, with forward slashes, → 64 hex digits; {} if there is no folder.
    """
    paths = [os.path.join(place, name) for place, _, names in fileio.walk(folder) for name in names]
    return {
        os.path.relpath(path, folder).replace(os.sep, "/"): _digest(path) for path in sorted(paths)
    }


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Returns how two results of `digest_files` differ, one clause a file; [] if they are equal."""
    clauses = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            clauses.append(f"{name} is missing")
        elif name not in expected:
            clauses.append(f"{name} was added")
        elif expected[name] != found[name]:
            clauses.append(f"{name} was changed")
    return clauses


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with fileio.open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
