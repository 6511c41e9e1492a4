"""The versions of the packages that the report was made with."""

import platform
from importlib import metadata

from components.runtime.stack import installed_stack

_PACKAGES = (
    "medtfx",
    "tfx",
    "tensorflow",
    "tensorflow-cpu",  # in its place in images without a GPU
    "keras",
    "tensorflow-model-analysis",
    "tensorflow-transform",
    "apache-beam",
)


def describe_environment() -> dict[str, str]:
    """Returns what → version; imports none of the packages."""
    found = {"stack": installed_stack() or "none of medtfx", "Python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
