"""Pretrained weights: from a local file, from the MEDTFX_WEIGHTS folder, or downloaded by Keras."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from components.network.backbones import build_backbone, find_backbone
from components.network.weights_file import check_weights_file, held, in_words
from components.recipe.model import SCRATCH, ModelSection
from components.runtime.environment import WEIGHTS
from components.runtime.errors import RecipeError, WeightsError


def local_file(model: ModelSection) -> Path | None:
    """Returns the local weights file of one backbone, or None when there is none.

    `weights: imagenet` finds `<name>_<alpha>_*imagenet*_no_top.weights.h5` in the folder that
    MEDTFX_WEIGHTS names; any other word is the path of a file, in which `$VARIABLES` are replaced.

    Args:
        model: the section of one backbone.

    Raises:
        WeightsError: a path is given, and there is no file.
    """
    if not model.pretrained:
        return None
    if model.weights == "imagenet":
        return _in_folder(model)
    path = Path(os.path.expandvars(model.weights)).expanduser()
    if not path.is_file():
        raise WeightsError(
            "model.weights must be `imagenet`, `none`, or the path of a Keras weights file "
            "(.weights.h5 or .h5, without the top). There is no file at the path received: "
            f"{model.weights!r}"
        )
    return path


def weights_digest(model: ModelSection) -> str:
    """Returns a digest of the weights that a training starts from, for TFX's cache."""
    return " ".join(map(_digest, model.networks))


def _digest(model: ModelSection) -> str:
    path = local_file(model)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path else model.weights


def pretrained_backbone(model: ModelSection, size: int) -> tuple[Any, str]:
    """Builds a backbone of keras.applications and loads its weights.

    Args:
        model: the section of one backbone.
        size: side of the input, in pixels.

    Returns:
        The `keras.Model` without top, and where its weights come from, in words.

    Raises:
        RecipeError: the backbone is unknown or can't take this size.
        WeightsError: the download fails, or the file does not fit the network.
    """
    path = local_file(model)
    if path is None and model.weights == "imagenet":
        return _download(model, size), "ImageNet, from keras.applications"
    if path is not None:
        check_weights_file(path)
    backbone = build_backbone(model, size, 3)
    if path is None:
        return backbone, "random weights"
    try:
        backbone.load_weights(str(path))
    except Exception as error:  # h5py and Keras raise a dozen kinds
        raise WeightsError(
            f"The weights {path.name} do not fit backbone {model.backbone!r} (alpha "
            f"{model.alpha:g}): the file holds {held(path)}; the network has "
            f"{in_words(weight.shape for weight in backbone.weights)}. Name the file of this "
            "backbone and alpha, without its top."
        ) from error
    if not all(np.isfinite(values).all() for values in backbone.get_weights()):
        raise WeightsError(
            f"The weights {path.name} are damaged: some are NaN or infinite. Copy or download the "
            "file again."
        )
    return backbone, path.name


def _in_folder(model: ModelSection) -> Path | None:
    folder = WEIGHTS.get()
    if not folder:
        return None
    known = find_backbone(str(model.backbone))
    stem = known.local_name or str(model.backbone)
    if known.has_alpha:
        stem += f"_{float(model.alpha)}"
    found = sorted(Path(folder).glob(f"{stem}_*imagenet*no_top.weights.h5"))
    return found[0] if found else None


def _download(model: ModelSection, size: int) -> Any:
    """Downloads by keras.applications, which chooses the file and checks its digest."""
    try:
        return build_backbone(model, size, 3, weights="imagenet")
    except RecipeError:
        raise
    except Exception as error:  # urllib, ssl and Keras each have their own
        raise WeightsError(
            f"The ImageNet weights of {model.backbone!r} could not be downloaded "
            f"({str(error).splitlines()[0]}). Without internet: put the Keras weights file on this "
            f"machine and pass --set model.weights=FILE, or name its folder in the environment "
            f"variable {WEIGHTS}; or train from scratch with --set model.weights=none."
        ) from error


def check_available(model: ModelSection, size: int) -> None:
    """Checks that the backbones exist and their weights can be loaded, before any long work.

    Args:
        model: the recipe's section, with all backbones.
        size: side of the images, in pixels.

    Raises:
        RecipeError: a backbone is unknown.
        WeightsError: a file is missing or does not fit its network, or a download fails.
    """
    for network in model.networks:
        if network.backbone != SCRATCH:
            find_backbone(str(network.backbone))
        if network.pretrained:
            pretrained_backbone(network, network.size or size)
