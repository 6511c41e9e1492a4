"""Which model answered: name, version, and the digest of its files."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from components.runtime.errors import VersionError
from components.saved_model.manifest import read_manifest


@dataclass(frozen=True)
class ModelIdentity:
    """Which model answered.

    Attributes:
        name: under which it is served.
        version: its number.
        digest: SHA-256 of the files of the version, 64 hex digits, see `identify`.
    """

    name: str
    version: int
    digest: str


def identify(folder: Path) -> ModelIdentity:
    """Returns the identity of a pushed version, `<base>/<model>/<version>`.

    The digest is that of the version's manifest: of the sorted JSON object of file → SHA-256.

    Raises:
        VersionError: the folder is no pushed version with a manifest.
        ChangedModelError: its manifest can't be read.
        OSError: the same.
    """
    files = read_manifest(folder) if folder.name.isdecimal() else None
    if not files:
        raise VersionError(
            "A report names the digest of the model that answered, which comes from the manifest "
            f"of a pushed version. Received: {str(folder)!r}, which has none. Give the folder "
            "`<base>/<model>/<version>`."
        )
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    return ModelIdentity(folder.parent.name, int(folder.name), digest)
