"""Where what a pipeline makes goes: local folders, a mounted volume or object storage."""

import hashlib
import os
from dataclasses import dataclass
from typing import Any

from components.storage.files import is_remote
from pipeline.home import Home


@dataclass(frozen=True)
class PipelinePaths:
    """Addresses for the nodes of one pipeline.

    Attributes:
        artifacts: what the nodes write: one folder a pipeline, node and execution. A path, gs:// or
            s3://.
        models: pushed models: `<name>/<version>`, what TensorFlow Serving polls. A path, gs:// or
            s3://.
        checkpoints: states of unfinished trainings, and features of images that frozen backbones
            have seen. A path: they are replaced in one step, which object storage can't.
        keys: local folder with the site's key, under which patients are named; empty where the
            environment alone holds it.
        metadata: `ConnectionConfig` of ML Metadata.
        root: of the artifacts, where ML Metadata knows those of other roots too; else empty.
    """

    artifacts: str
    models: str
    checkpoints: str
    keys: str
    metadata: Any
    root: str = ""

    @classmethod
    def of_home(
        cls, home: Home, root: str | None = None, models: str | None = None
    ) -> "PipelinePaths":
        """Returns the places of a run on this machine.

        Args:
            home: keeps metadata, checkpoints, the key and, unless told otherwise, the rest.
            root: of artifacts and models, instead of the home.
            models: where models are pushed, instead of `<root>/models`.
        """
        base = _absolute(root or str(home.root))
        return cls(
            artifacts=f"{base}/artifacts",
            models=_absolute(models) if models else f"{base}/models",
            checkpoints=str(home.checkpoints),
            keys=str(home.root),
            metadata=home.metadata_connection(),
            root=base if root else "",
        )

    def pipeline_name(self, name: str) -> str:
        """Returns under which name ML Metadata knows a pipeline, e.g. `chest` or `chest@1f0c92ab`.

        Cache, baseline and lineage are looked up under it. Each root has its own: what lies below
        another may be gone tomorrow, or belong to somebody else who uses the same ML Metadata.
        """
        if not self.root:
            return name
        return f"{name}@{hashlib.blake2b(self.root.encode(), digest_size=4).hexdigest()}"


def recipe_of(pipeline_name: str) -> str:
    """Returns the recipe's name from that of its pipeline in ML Metadata."""
    return pipeline_name.partition("@")[0]


def _absolute(address: str) -> str:
    return address.rstrip("/") if is_remote(address) else os.path.abspath(address)
