"""The copy of a model in an InfraBlessing: what a person approves, and what is pushed."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tfx import types
from tfx.dsl.io import fileio
from tfx.utils import io_utils, path_utils

from components.gate.serving_blessing import MODEL_FILES
from components.saved_model.manifest import ChangedModelError, differences, digest_files
from components.storage.files import is_remote


def validated_files(blessing: types.Artifact) -> dict[str, str]:
    """Returns the digest of each file that the ServingValidator tested, as ML Metadata knows it."""
    return json.loads(blessing.get_string_custom_property(MODEL_FILES) or "{}")


@contextmanager
def local_copy(blessing: types.Artifact) -> Iterator[Path]:
    """Yields the folder of the model on a disk, for the time of the block."""
    folder = path_utils.stamped_model_path(blessing.uri)
    if not is_remote(folder):
        yield Path(folder)
        return
    with tempfile.TemporaryDirectory() as scratch:
        if fileio.isdir(folder):
            io_utils.copy_dir(folder, scratch)
        yield Path(scratch)


def check_unchanged(folder: Path, expected: Mapping[str, str], by_whom: str) -> None:
    """Compares a copy of a model with the files of a decision about it.

    Args:
        folder: of the copy, on a disk.
        expected: digest of each file.
        by_whom: what happened to these files, for the message: "Dr. Ruiz approved on 2026-11-28".

    Raises:
        ChangedModelError: they differ; the message names each file.
    """
    if changes := differences(expected, digest_files(folder)):
        raise ChangedModelError(
            f"Only the files that {by_whom} may be approved and pushed. In {folder}: "
            f"{'; '.join(changes)}. Nothing was pushed. Restore these files and run the recipe "
            "again."
        )
