"""Serves a model in another process and tests it."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.gate.serving_blessing import Verdict
from components.saved_model.reference_predictions import Predictions
from components.serving_validator import checks
from components.serving_validator.samples import StoredImage
from components.serving_validator.served_model import RequestRefusedError, ServedModel
from components.serving_validator.server_process import ServerProcess
from components.serving_validator.unservable import UnservableError

_log = logging.getLogger("medtfx.serving_validator")


@dataclass(frozen=True)
class ValidationData:
    """What a model is tested with.

    Attributes:
        classes: names of the classes, in the recipe's order.
        images: images of the test split, some of each class.
        reference: predictions of the network after training.
        encoded: file name → the images of `reference`, as stored before Transform.
        tolerance: largest difference of a probability that is allowed.
    """

    classes: tuple[str, ...]
    images: Sequence[StoredImage]
    reference: Predictions
    encoded: Mapping[str, bytes]
    tolerance: float


@dataclass(frozen=True)
class ServerSettings:
    """How the model is served.

    Attributes:
        module: import path of the server, see `ServerProcess`.
        load_seconds: longest time to start the server and load the model.
        request_seconds: longest time of a request.
    """

    module: str
    load_seconds: float
    request_seconds: float


def validate(
    models: Path, name: str, data: ValidationData, settings: ServerSettings, folder: Path
) -> tuple[Verdict, str]:
    """Serves `<models>/<name>/<version>/` and tests it.

    Args:
        models: folder of the models.
        name: name of the model.
        data: what it is tested with.
        settings: how it is served.
        folder: empty folder for the server's process.

    Returns:
        The verdict, and the end of the server's log.
    """
    start, difference = time.monotonic(), 0.0
    with ServerProcess(settings.module, models, folder) as server:
        try:
            address = server.wait_until_ready(settings.load_seconds)
            with ServedModel(server, address, name, settings.request_seconds) as model:
                difference = _run_checks(model, data)
        except UnservableError as error:
            _log.warning("%s\nThe end of the server's log:\n%s", error, server.log_tail())
            reason = f"{error}{'' if error.conclusive else '; the next run tries again'}"
            verdict = Verdict(False, reason, error.conclusive, seconds=_since(start))
            return verdict, server.log_tail()
        return Verdict(
            blessed=True,
            images_compared=len(data.reference.by_file),
            largest_difference=difference,
            images_asked=len(data.images),
            seconds=_since(start),
        ), server.log_tail()


def _run_checks(model: ServedModel, data: ValidationData) -> float:
    try:
        checks.check_loaded(model)
        checks.check_signatures(model)
        checks.check_predictions(model, data.images, data.classes, data.tolerance)
        checks.check_invalid_image(model, data.images[0])
        return checks.check_against_reference(model, data.reference, data.encoded, data.tolerance)
    except RequestRefusedError as refused:
        raise UnservableError(f"the model server refuses a request: {refused}") from refused


def _since(start: float) -> float:
    return round(time.monotonic() - start, 2)
