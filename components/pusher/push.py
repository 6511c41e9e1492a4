"""Brings a version to where servers look for one: all of it, or nothing.

On a disk or a mounted volume the version is completed in a hidden folder beside its place, which
servers do not see, and gets its name in one step. Object storage can't rename: there
`saved_model.pb`, without which no server loads it, is the last file of the model, and the manifest
comes after it, as the sign that the version is whole.
"""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

from tfx.dsl.io import fileio
from tfx.utils import io_utils

from components.saved_model.manifest import MANIFEST, check_files
from components.saved_model.signature import check_model, sign
from components.saved_model.versions import UNFINISHED
from components.storage.files import is_remote

_GRAPH = "saved_model.pb"


def free_version(base: str, wanted: int) -> int:
    """Returns the number for a new version: `wanted`, or the next one that is free."""
    while fileio.exists(os.path.join(base, str(wanted))):
        wanted += 1
    return wanted


def push(model: Path, base: str, version: int) -> tuple[str, bool]:
    """Copies, checks and signs a model, and makes it visible as a version.

    Args:
        model: folder with its manifest, on a disk.
        base: folder of the versions: a path, or an address of object storage.
        version: number that is free.

    Returns:
        Where the version is, and whether it is signed.

    Raises:
        ChangedModelError: the copy is not what the manifest states.
        SigningError: the site's key can't be used, or is not the one to verify with.
        OSError: it can't be written; no version appears.
    """
    place = os.path.join(base, str(version))
    if is_remote(base):
        with tempfile.TemporaryDirectory() as scratch:
            signed = _complete(model, Path(scratch, "model"))
            _upload(os.path.join(scratch, "model"), place)
        return place, signed
    beside = Path(base, UNFINISHED.format(version=version, mark=secrets.token_hex(4)))
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        signed = _complete(model, beside)
        _flush(beside)
        beside.rename(place)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return place, signed


def _complete(model: Path, copy: Path) -> bool:
    check_files(model)  # it has no links, which would be followed
    io_utils.copy_dir(str(model), str(copy))
    check_files(copy)  # before its signature
    signed = sign(copy)
    check_model(copy)  # with the site's public key, if there is one: what servers will do
    return signed


def _flush(folder: Path) -> None:
    """Without it, a power cut may leave the new name with none of the content."""
    for path in (folder, *folder.rglob("*")):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _upload(folder: str, place: str) -> None:
    io_utils.copy_dir(folder, place, deny_regex_patterns=[r"saved_model\.pb$", rf"{MANIFEST}$"])
    for name in (_GRAPH, MANIFEST):
        io_utils.copy_file(os.path.join(folder, name), os.path.join(place, name))
