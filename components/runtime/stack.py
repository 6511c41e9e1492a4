"""The two stacks, sets of versions that medtfx runs on, and which of them is installed."""

from importlib import metadata

# Stack → its version of TFX, as in pyproject.toml and requirements/.
TFX_VERSIONS = {"current": "1.21.0", "wide": "1.16.0"}


def installed_stack() -> str | None:
    """Returns `current` or `wide`; None if neither is, as for a light client. Imports nothing."""
    try:
        found = metadata.version("tfx")
    except metadata.PackageNotFoundError:
        return None
    return next((stack for stack, version in TFX_VERSIONS.items() if version == found), None)
