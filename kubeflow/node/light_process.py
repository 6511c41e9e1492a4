"""A process that never loads TensorFlow, Beam and what is built on them."""

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec

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
    if _MESSAGES_ONLY not in sys.modules and (found := find_spec(_MESSAGES_ONLY)):
        empty = ModuleSpec(_MESSAGES_ONLY, None, is_package=True)
        empty.submodule_search_locations = found.submodule_search_locations
        sys.modules[_MESSAGES_ONLY] = module_from_spec(empty)
