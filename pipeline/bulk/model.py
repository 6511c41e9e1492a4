"""The pushed model as a TFX pipeline takes it: an artifact, with its own recipe beside it."""

import json
from dataclasses import dataclass

from pydantic import ValidationError
from tfx.dsl.io import fileio
from tfx.utils import io_utils, path_utils

from components.recipe.data import DataSection
from components.saved_model.assets import RECIPE_ASSET
from components.storage.files import is_remote
from components.uncertainty.summary import UNCERTAINTY_FILE
from serving.score.errors import ScoreError


@dataclass(frozen=True)
class BulkModel:
    """A version of a pushed model.

    Attributes:
        name: of the model.
        version: its number.
        uri: of the artifact.
        data: the section that the model was trained with: images are read as they were then.
    """

    name: str
    version: int
    uri: str
    data: DataSection


def newest_version(folder: str) -> int:
    """Returns the newest version of a model, wherever its folder lies.

    Raises:
        ScoreError: there is none.
    """
    names = fileio.listdir(folder) if fileio.isdir(folder) else []
    versions = [int(name) for name in (name.strip("/") for name in names) if name.isdecimal()]
    if not versions:
        raise ScoreError(f"No version of a model lies at {folder}. Check --model-base and --model.")
    return max(versions)


def stage_model(folder: str, name: str, version: int, artifacts: str) -> BulkModel:
    """Copies a version to where the artifacts lie, so that every Beam worker reaches it.

    A rollback or a cleaning of the pushed models does not disturb the run either.

    Args:
        folder: of the version.
        name: of the model.
        version: its number.
        artifacts: folder of the artifacts.

    Raises:
        ScoreError: it is not there, or no model that medtfx pushed.
    """
    recipe = _read_recipe(folder)
    uri = f"{artifacts}/bulk-score-{name}/models/{version}"
    target = path_utils.serving_model_dir(uri)
    if not fileio.exists(target):
        io_utils.copy_dir(folder, f"{target}.copy")
        fileio.rename(f"{target}.copy", target)
    try:
        return BulkModel(name, version, uri, DataSection.model_validate(recipe["data"]))
    except (ValidationError, KeyError, TypeError) as error:
        raise ScoreError(
            f"The recipe inside {folder} is not one of this version of medtfx ({error}). Ask the "
            "model through a server with `medtfx score`, or push it again."
        ) from error


def _read_recipe(folder: str) -> dict:
    for name in (RECIPE_ASSET, UNCERTAINTY_FILE):
        if not fileio.exists(f"{folder}/assets/{name}"):
            where = "" if is_remote(folder) else " Does it lie there, and did medtfx push it?"
            raise ScoreError(
                f"There is no {folder}/assets/{name}, which models of this version of medtfx have."
                f"{where}"
            )
    with fileio.open(f"{folder}/assets/{RECIPE_ASSET}", "r") as file:
        return json.load(file)
