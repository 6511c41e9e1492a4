"""Files that are only listed: their content does not matter."""

from pathlib import Path


def write(base: Path, *names: str) -> None:
    """Writes files of one byte, and the folders that they lie in."""
    for name in names:
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
