"""The folder of everything that medtfx makes on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.runtime.environment import HOME
from components.storage.plain_path import plain_path
from components.storage.private import opened_to_others, private_files

DEFAULT_HOME = "medtfx-home"


@dataclass(frozen=True)
class Home:
    """Paths below one root.

    Attributes:
        root: absolute, without characters that Beam and TensorFlow take for a pattern.
    """

    root: Path

    @classmethod
    def at(cls, path: str | None = None) -> "Home":
        """Returns the home at `path`, else $MEDTFX_HOME, else `medtfx-home` in this folder."""
        return cls(plain_path(Path(path or HOME.get() or DEFAULT_HOME).absolute()))

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
        """A record, a log and a page of each run."""
        return self.root / "runs"

    @property
    def checkpoints(self) -> Path:
        """State of unfinished trainings, and cached features of frozen backbones."""
        return self.root / "checkpoints"

    @property
    def metadata_file(self) -> Path:
        """The SQLite file of ML Metadata."""
        return self.root / "metadata.sqlite"

    def make(self) -> str:
        """Makes the folder, for the user alone unless the site's umask says otherwise.

        Returns:
            A sentence if it was there and others can use it; '' otherwise.

        Raises:
            MedtfxError: the site's umask is not one.
        """
        with private_files():
            self.root.mkdir(parents=True, exist_ok=True)
        return opened_to_others(self.root)

    def metadata_connection(self) -> Any:
        """Returns the `ConnectionConfig` of ML Metadata; makes the folder."""
        # TFX has a function for this, whose import takes ten seconds.
        from ml_metadata.proto import metadata_store_pb2

        self.make()
        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = str(self.metadata_file)
        config.sqlite.connection_mode = config.sqlite.READWRITE_OPENCREATE
        return config
