"""What the command `bulk-score` is given."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BulkRun:
    """What to score, and where.

    Attributes:
        folder: of the images: an absolute path, or an address of a Beam file system.
        out: the CSV.
        models: folder of pushed models: a path, gs:// or s3://.
        model: name of the model.
        version: its number; None for the newest, at a remote address.
        root: where artifacts go instead of the home.
        beam_args: of the Beam nodes, as the user gave them.
    """

    folder: str
    out: Path
    models: str
    model: str
    version: int | None
    root: str | None
    beam_args: tuple[str, ...]
