"""Where a pipeline writes: local folders, a mounted volume or object storage."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.runtime.errors import DataError
from components.storage.files import is_remote
from components.storage.plain_path import plain_path
from pipeline.home import Home


@dataclass(frozen=True)
class PipelinePaths:
    """Addresses for the nodes of one pipeline.

    Attributes:
        root: of the artifacts: a path, gs:// or s3://.
        models: pushed models: `<name>/<version>`, what TensorFlow Serving polls. A path, gs:// or
            s3://.
        checkpoints: states of unfinished trainings, and cached features of frozen backbones. A
            path: they are replaced in one step, which object storage can't do.
        keys: local folder with the site's key for the hash of patients; empty where only the
            environment holds it.
        metadata: `ConnectionConfig` of ML Metadata; None where the runner has another connection.
        several_roots: whether ML Metadata also knows pipelines whose artifacts have another root.
    """

    root: str
    models: str
    checkpoints: str
    keys: str
    metadata: Any
    several_roots: bool = False

    @classmethod
    def of_home(
        cls, home: Home, root: str | None = None, models: str | None = None
    ) -> "PipelinePaths":
        """Returns the paths of a run on this machine.

        Args:
            home: holds metadata, checkpoints, the key and, by default, artifacts and models.
            root: of artifacts and models, instead of the home.
            models: where models are pushed, instead of `<root>/models`.
        """
        base = absolute(root or str(home.root))
        return cls(
            root=base,
            models=absolute(models) if models else f"{base}/models",
            checkpoints=str(home.checkpoints),
            keys=str(home.root),
            metadata=home.metadata_connection(),
            several_roots=bool(root),
        )

    @property
    def artifacts(self) -> str:
        """What the nodes of all pipelines write."""
        return f"{self.root.rstrip('/')}/artifacts"

    def pipeline_root(self, name: str) -> str:
        """Returns the folder of one pipeline's artifacts, and of its training ledger.

        Args:
            name: of the recipe.
        """
        return f"{self.artifacts}/{name}"

    def pipeline_name(self, name: str) -> str:
        """Returns a pipeline's name in ML Metadata, e.g. `chest` or `chest@1f0c92ab`.

        Cache, baseline and lineage are looked up under it. Each root has its own: the artifacts of
        another root may be deleted, or belong to another site that uses the same ML Metadata.
        """
        if not self.several_roots:
            return name
        return f"{name}@{hashlib.blake2b(self.root.encode(), digest_size=4).hexdigest()}"


def recipe_of(pipeline_name: str) -> str:
    """Returns the recipe's name from that of its pipeline in ML Metadata."""
    return pipeline_name.partition("@")[0]


def absolute(address: str) -> str:
    """Returns an absolute path, or an address of object storage as it is, without a last slash.

    Raises:
        DataError: it is empty, which would mean the folder that the command was called in.
    """
    if not address.strip():
        raise DataError(
            "The path of a folder is empty, as from a variable that is not set. Give the path, "
            "gs://BUCKET/... or s3://BUCKET/..."
        )
    if is_remote(address):
        return address.rstrip("/")
    return str(plain_path(Path(os.path.abspath(address))))


def data_address(address: str) -> str:
    """Returns `absolute` of a data folder; a path has to be there, and is not made.

    Raises:
        DataError: it is empty, or there is no such folder.
    """
    if address.strip() and not is_remote(address) and not os.path.isdir(address):
        raise DataError(
            f"The data folder {os.path.abspath(address)!r} is missing, or is no folder. It must "
            "hold one folder per class; check --data."
        )
    return absolute(address)
