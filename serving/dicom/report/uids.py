"""UIDs that follow from what they name, so that the same thing made twice has the same UID."""

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f4a2c1e-5b0d-5c57-9a3e-3d1f0e7b8a24")  # of medtfx, made once at random


def derive_uid(*parts: str) -> str:
    """Returns a UID of the root 2.25 for what `parts` name (PS3.5, B.2).

    Args:
        parts: what makes the thing what it is; their order counts.
    """
    return f"2.25.{uuid5(_NAMESPACE, chr(0).join(parts)).int}"
