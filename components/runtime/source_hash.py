"""A digest of a package's source, which makes TFX's cache see code edits.

Nodes name their code by import path. TFX caches by parameters and inputs, so without this digest
among the parameters an edit of the code would be served yesterday's result.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path


def source_hash(*packages: str) -> str:
    """Returns 16 hex digits over every .py file of the packages or modules.

    Args:
        *packages: import paths, e.g. `components.trainer`. They are located, not imported.
    """
    digest = hashlib.sha256()
    for package in packages:
        for name, path in _files(package):
            digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _files(package: str) -> list[tuple[str, Path]]:
    """Returns (path within the package, path) of each source file."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No package {package!r} to hash the source of.")
    if spec.submodule_search_locations is None:
        return [(package, Path(spec.origin))]
    base = Path(spec.submodule_search_locations[0])
    return [(path.relative_to(base).as_posix(), path) for path in sorted(base.rglob("*.py"))]
