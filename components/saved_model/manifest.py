"""The manifest of a model: the SHA-256 of each of its files, as a file beside them.

The ServingValidator writes it into the copy that it tests. The same digests are recorded in ML
Metadata, compared by the approval and the Pusher, and travel with the pushed version, where
everybody who is about to use it compares them again. TensorFlow Serving does not look at the file.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from components.runtime.errors import MedtfxError
from components.storage.atomic_write import write_atomically

MANIFEST = "assets.extra/manifest.json"
SIGNATURE = "assets.extra/model.sig"
_BESIDE = (MANIFEST, SIGNATURE)  # about the files of the model, and none of them
_CHUNK = 1 << 20  # bytes


class ChangedModelError(MedtfxError):
    """The files of a model are not those that were validated, or its signature is not right."""


def digest_files(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 of every file of a model, without its manifest and signature.

    Args:
        folder: of the SavedModel, on a disk.

    Returns:
        Path below the folder, with forward slashes, → 64 hex digits, or where it leads if it is a
        link: what is behind a link can change. {} if there is no folder.
    """
    found = {}
    for place, folders, names in os.walk(folder):
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*names, *linked):
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = _digest(path)
    return {name: found[name] for name in sorted(found) if name not in _BESIDE}


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


def write_manifest(folder: Path) -> dict[str, str]:
    """Writes the manifest of a model, and returns the digests in it.

    Raises:
        OSError: a file can't be read, or the manifest not be written.
    """
    files = digest_files(folder)
    (folder / MANIFEST).parent.mkdir(exist_ok=True)
    write_atomically(folder / MANIFEST, json.dumps({"files": files}, indent=2) + "\n")
    return files


def read_manifest(folder: Path) -> dict[str, str] | None:
    """Returns the digests that the manifest of a model states; None if there is none.

    Raises:
        ChangedModelError: it is not a manifest.
        OSError: it can't be read.
    """
    try:
        files = json.loads((folder / MANIFEST).read_bytes())["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ChangedModelError(
            f"{MANIFEST} lists the digest of each file of a model. In {folder} it was changed: it "
            f"can't be read ({error}). Run the recipe again, or restore the file from a backup."
        ) from error


def check_files(folder: Path) -> None:
    """Compares the files of a model with its manifest.

    Raises:
        ChangedModelError: they differ, or there is no manifest; the message names each file.
        OSError: a file can't be read.
    """
    expected = read_manifest(folder)
    if expected is None:
        raise ChangedModelError(
            f"{folder} has no {MANIFEST}: only a version that a run pushed, whole, may be used. "
            "Run the recipe again; `medtfx versions` lists what is incomplete, and with --prune "
            "removes it."
        )
    if changes := differences(expected, digest_files(folder)):
        raise ChangedModelError(
            f"The files of a model have to be those that were validated. In {folder}: "
            f"{'; '.join(changes)}. Restore them from a backup, or run the recipe again."
        )


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
