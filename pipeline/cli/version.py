"""The command `version`: what to say when asking for help."""

import platform
from importlib import metadata

import typer

from components.runtime.stack import installed_stack

_PACKAGES = ("tfx", "tensorflow", "keras", "tensorflow-model-analysis", "apache-beam", "kfp")
# What images without a GPU have in the place of a package.
_INSTEAD = {"tensorflow": "tensorflow-cpu"}


def version() -> None:
    """Print the version, the stack and the platform."""
    stack = installed_stack()
    typer.echo(_package("medtfx"))
    typer.echo(f"Stack {stack}" if stack else "No stack of medtfx is installed")
    typer.echo(f"Python {platform.python_version()} on {platform.platform()}")
    for package in _PACKAGES:
        typer.echo(_package(package))


def _package(name: str) -> str:
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        if name in _INSTEAD:
            return _package(_INSTEAD[name])
        return f"{name} is not installed"
