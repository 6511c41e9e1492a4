"""Imports of TensorFlow, Beam and TFX without what medtfx does not use of them.

These load what is installed beside them if it can be found, and all of their own parts with any of
them: some 100 MB, and three seconds of every process.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

from components.runtime.imports import importing
from components.runtime.stack import installed_stack

TFX_COMPONENTS, TFMA = "tfx.components", "tensorflow_model_analysis"

# Keras draws with them, TensorFlow looks for TPUs, Beam for services of Google: each goes on
# without. They are refused for a while only, since the report draws too.
_OPTIONAL = (
    "IPython",
    "google.cloud.bigquery",
    "google.cloud.pubsub",
    "googleapiclient",
    "matplotlib",
    "sklearn",
)


def load_tensorflow(evaluates: bool = True) -> None:
    """Imports TensorFlow and Beam without optional packages.

    On the stack `wide` a module of `tfx.components` is imported without all the others from now on.
    That of `current` adds to TFMA what it lacks, and is imported whole.

    Args:
        evaluates: whether TFMA's metrics are used. Without, TFMA has its messages on `wide`, until
            more of it is asked for.
    """
    if installed_stack() == "wide":
        import_singly(TFX_COMPONENTS)
        if not evaluates:
            import_singly(TFMA, _Messages)
    with importing(), _refused(*_OPTIONAL):
        for name in ("tensorflow", "apache_beam"):
            importlib.import_module(name)


def import_singly(package: str, kind: type[ModuleType] = ModuleType) -> None:
    """Lets the modules of a package be imported without its `__init__`.

    Args:
        package: its name; neither the package nor the one it lies in is imported. One that has been
            imported, or is not installed, is left alone.
        kind: of the module that takes its place.
    """
    if package in sys.modules or (found := _find(package)) is None:
        return
    empty = ModuleSpec(package, None, is_package=True)
    empty.submodule_search_locations = found.submodule_search_locations
    module = module_from_spec(empty)
    module.__class__ = kind
    sys.modules[package] = module


def _find(package: str) -> ModuleSpec | None:
    path, parts = None, package.split(".")
    for end in range(len(parts)):
        found = PathFinder.find_spec(".".join(parts[: end + 1]), path)
        if found is None:
            return None
        path = found.submodule_search_locations
    return found


class _Messages(ModuleType):
    """TFMA with its messages; becomes the whole package when another attribute is asked for.

    TFX names `sdk.EvalConfig` in the contract of the Evaluator, which each node loads; who builds
    the pipeline asks for more.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name == "sdk":
            return self
        messages = importlib.import_module(f"{self.__name__}.proto.config_pb2")
        if hasattr(messages, name):
            return getattr(messages, name)
        object.__setattr__(self, "__class__", ModuleType)
        spec = _find(self.__name__)
        assert spec and spec.loader
        self.__spec__, self.__file__ = spec, spec.origin
        spec.loader.exec_module(self)
        return getattr(self, name)


@contextmanager
def _refused(*names: str) -> Iterator[None]:
    """Makes imports of packages fail in the block, as if they were not installed."""
    missing = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in missing:
            sys.modules.pop(name, None)
