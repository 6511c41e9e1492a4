"""A process that never loads TensorFlow, Beam and what is built on them."""

import sys

from components.runtime.import_singly import TFX_COMPONENTS, import_singly

# TFX's orchestration goes on without them. To load them takes ten seconds and half a gigabyte.
_HEAVY = (
    "apache_beam",
    "keras",
    "tensorflow",
    "tensorflow_data_validation",
    "tensorflow_transform",
    "tfx_bsl",
)
# Of it the messages are needed, in `proto`, and nothing that it imports when it is imported itself.
_MESSAGES_ONLY = "tensorflow_model_analysis"


def forbid_heavy_imports() -> None:
    """Makes an import of the heavy packages fail in this process, as if they were not installed."""
    for name in _HEAVY:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
    for package in (_MESSAGES_ONLY, TFX_COMPONENTS):
        import_singly(package)
