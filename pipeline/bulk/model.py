"""A pushed model as an artifact of a TFX pipeline, with the recipe that it carries."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from tfx.dsl.io import fileio
from tfx.utils import io_utils, path_utils

from components.recipe.data import DataSection
from components.saved_model.assets import RECIPE_ASSET
from components.saved_model.signature import check_model
from components.uncertainty.summary import UNCERTAINTY_FILE
from serving.score.errors import ScoreError


@dataclass(frozen=True)
class BulkModel:
    """A version of a pushed model.

    Attributes:
        name: of the model.
        version: its number.
        uri: of the artifact.
        data: the recipe's section that the model was trained with: images are read alike.
    """

    name: str
    version: int
    uri: str
    data: DataSection


def newest_version(folder: str) -> int:
    """Returns the newest version of a model, on a disk or in object storage.

    Raises:
        ScoreError: there is none.
    """
    names = fileio.listdir(folder) if fileio.isdir(folder) else []
    versions = [int(name) for name in (name.strip("/") for name in names) if name.isdecimal()]
    if not versions:
        raise ScoreError(f"There is no model version in {folder}. Check --model-base and --model.")
    return max(versions)


def stage_model(folder: str, name: str, version: int, root: str) -> BulkModel:
    """Copies a version beside the artifacts, where every Beam worker can read it.

    So a rollback or a deletion of pushed models does not disturb the run.

    Args:
        folder: of the version.
        name: of the model.
        version: its number.
        root: folder of the pipeline's artifacts.

    Raises:
        ScoreError: it does not exist, or medtfx did not push it.
        ChangedModelError: its files are not those that a run pushed.
    """
    recipe = _read_recipe(folder)
    uri = f"{root}/models/{version}"
    target = path_utils.serving_model_dir(uri)
    if not fileio.exists(target):
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch, str(version))
            io_utils.copy_dir(folder, str(copy))
            check_model(copy)
            io_utils.copy_dir(str(copy), f"{target}.copy")
        fileio.rename(f"{target}.copy", target)
    try:
        return BulkModel(name, version, uri, DataSection.model_validate(recipe["data"]))
    except (ValidationError, KeyError, TypeError) as error:
        raise ScoreError(
            f"The recipe in {folder} is not valid for this version of medtfx ({error}). Score with "
            "`medtfx score` through a server, or push the model again."
        ) from error


def _read_recipe(folder: str) -> dict:
    for name in (RECIPE_ASSET, UNCERTAINTY_FILE):
        if not fileio.exists(f"{folder}/assets/{name}"):
            raise ScoreError(
                f"There is no {folder}/assets/{name}: the model does not exist, or another version "
                "of medtfx pushed it. Check --model-base, --model and --version."
            )
    with fileio.open(f"{folder}/assets/{RECIPE_ASSET}", "r") as file:
        return json.load(file)
