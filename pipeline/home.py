"""The folder in which everything that medtfx makes on this machine lies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.runtime.environment import HOME

DEFAULT_HOME = "medtfx-home"


@dataclass(frozen=True)
class Home:
    """Paths below one root.

    Attributes:
        root: absolute.
    """

    root: Path

    @classmethod
    def at(cls, path: str | None = None) -> "Home":
        """Returns the home at `path`, else at $MEDTFX_HOME, else `medtfx-home` right here."""
        return cls(Path(path or HOME.get() or DEFAULT_HOME).absolute())

    @property
    def artifacts(self) -> Path:
        """What the nodes write: one folder a pipeline, node and execution."""
        return self.root / "artifacts"

    @property
    def models(self) -> Path:
        """Pushed models: `<name>/<version>`, what TensorFlow Serving polls."""
        return self.root / "models"

    @property
    def runs(self) -> Path:
        """One record and one log a run."""
        return self.root / "runs"

    @property
    def checkpoints(self) -> Path:
        """State of unfinished trainings, and features of images that backbones have seen."""
        return self.root / "checkpoints"

    @property
    def metadata_file(self) -> Path:
        """The SQLite file of ML Metadata."""
        return self.root / "metadata.sqlite"

    def metadata_connection(self) -> Any:
        """Returns the `ConnectionConfig` of ML Metadata."""
        from tfx import v1 as tfx

        return tfx.orchestration.metadata.sqlite_metadata_connection_config(str(self.metadata_file))
