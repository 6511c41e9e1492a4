"""Imports of single modules from packages that import all of theirs at once."""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec

# Each component of TFX would load those of all: TFMA for the Transform, Keras Tuner and clients of
# Kubernetes and Docker for everybody.
TFX_COMPONENTS = "tfx.components"


def import_singly(package: str) -> None:
    """Lets the modules of a package be imported without its `__init__`; does nothing afterwards.

    Args:
        package: its name; neither the package nor the one it lies in is imported.
    """
    if package in sys.modules:
        return
    path: list[str] | None = None
    for end in range(1, package.count(".") + 2):
        name = ".".join(package.split(".")[:end])
        found = PathFinder.find_spec(name, path)
        if found is None or found.submodule_search_locations is None:
            return  # not installed: whoever needs it says so
        path = list(found.submodule_search_locations)
    empty = ModuleSpec(package, None, is_package=True)
    empty.submodule_search_locations = path
    sys.modules[package] = module_from_spec(empty)
