"""Where what a pipeline makes goes: local folders, a mounted volume or object storage."""

from dataclasses import dataclass
from typing import Any

from pipeline.home import Home


@dataclass(frozen=True)
class Places:
    """Addresses for the nodes of one pipeline.

    Attributes:
        artifacts: what the nodes write: one folder a pipeline, node and execution.
        models: pushed models: `<name>/<version>`, what TensorFlow Serving polls.
        checkpoints: states of unfinished trainings.
        keys: local folder with the site's key, under which patients are named.
        metadata: `ConnectionConfig` of ML Metadata.
    """

    artifacts: str
    models: str
    checkpoints: str
    keys: str
    metadata: Any

    @classmethod
    def of_home(cls, home: Home) -> "Places":
        """Returns the places of a run on this machine."""
        return cls(
            artifacts=str(home.artifacts),
            models=str(home.models),
            checkpoints=str(home.checkpoints),
            keys=str(home.root),
            metadata=home.metadata_connection(),
        )
