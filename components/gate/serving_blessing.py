"""The verdict of the ServingValidator, as an InfraBlessing artifact for TFX's Pusher."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from tfx import types
from tfx.dsl.io import fileio
from tfx.utils import io_utils, path_utils

# TFX's InfraValidator writes these, its Pusher reads them.
BLESSED, _HAS_MODEL = "blessed", "has_model"
_BLESSED_FILE, _NOT_BLESSED_FILE = "INFRA_BLESSED", "INFRA_NOT_BLESSED"

# Ours.
REASON, INCONCLUSIVE, MODEL_ID = "reason", "inconclusive", "model_id"
MODEL_FILES = "model_files"  # JSON: digest of each file of the model that was tested
VERDICT_FILE, LOG_FILE = "validation.json", "server.log"


@dataclass(frozen=True)
class Verdict:
    """The verdict of the ServingValidator.

    Attributes:
        blessed: whether the model may be pushed.
        reason: why not, as a clause; '' if it may.
        conclusive: False if another attempt may have another result.
        images_compared: with the predictions of the network in training.
        largest_difference: of their probabilities, in 0..1.
        images_asked: images of the test split that were predicted.
        seconds: duration.
    """

    blessed: bool
    reason: str = ""
    conclusive: bool = True
    images_compared: int = 0
    largest_difference: float = 0.0
    images_asked: int = 0
    seconds: float = 0.0


NOT_TRIED = Verdict(False, "the gate did not bless the model, so it was not tried")


def publish(
    verdict: Verdict,
    blessing: types.Artifact,
    model: types.Artifact,
    saved_model: str,
    files: Mapping[str, str],
    log: str,
) -> None:
    """Writes the verdict; if blessed, with the model to push.

    Args:
        verdict: to write.
        blessing: the InfraBlessing to fill.
        model: that was validated.
        saved_model: folder of the model with its warm-up file and its manifest.
        files: digest of each file that was tested.
        log: of the server; stored if the model is not blessed.
    """
    written = asdict(verdict) | {MODEL_FILES: dict(files)}
    io_utils.write_string_file(
        os.path.join(blessing.uri, VERDICT_FILE), json.dumps(written, indent=2)
    )
    name = _BLESSED_FILE if verdict.blessed else _NOT_BLESSED_FILE
    io_utils.write_string_file(os.path.join(blessing.uri, name), "")
    blessing.set_int_custom_property(BLESSED, int(verdict.blessed))
    blessing.set_string_custom_property(REASON, verdict.reason)
    blessing.set_int_custom_property(INCONCLUSIVE, int(not verdict.conclusive))
    blessing.set_int_custom_property(MODEL_ID, model.id)
    blessing.set_string_custom_property(MODEL_FILES, json.dumps(dict(files)))
    if verdict.blessed:
        # The warm-up file is in a copy: a published artifact, as the Trainer's, must not change.
        io_utils.copy_dir(saved_model, path_utils.stamped_model_path(blessing.uri))
        blessing.set_int_custom_property(_HAS_MODEL, 1)
    elif log:
        with fileio.open(os.path.join(blessing.uri, LOG_FILE), "w") as file:
            file.write(log)
