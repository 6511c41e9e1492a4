"""A process that never loads TensorFlow, Beam and what is built on them."""

import sys

from components.runtime.lean_imports import TFMA, TFX_COMPONENTS, import_singly

# TFX's orchestration goes on without them. To load them takes ten seconds and half a gigabyte.
_HEAVY = (
    "apache_beam",
    "keras",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_transform",
    "tfx_bsl",
)


def forbid_heavy_imports() -> None:
    """Makes an import of the heavy packages fail in this process, as if they were not installed."""
    for name in _HEAVY:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    for package in (TFMA, TFX_COMPONENTS):
        import_singly(package)
