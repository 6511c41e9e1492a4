"""Serves a model in a process of its own and asks it."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.gate.serving_blessing import Verdict
from components.saved_model.reference_predictions import Predictions
from components.serving_validator import checks
from components.serving_validator.samples import StoredImage
from components.serving_validator.served_model import RefusedError, ServedModel
from components.serving_validator.server_process import ServerProcess
from components.serving_validator.unservable import UnservableError

_log = logging.getLogger("medtfx.serving_validator")


@dataclass(frozen=True)
class Questions:
    """What a model is asked.

    Attributes:
        classes: of the recipe, in order.
        images: of the test split, some of each class.
        trained: what the network said in training.
        encoded: file name → the images of `trained`, as stored before Transform.
        tolerance: largest difference of a probability that is none.
    """

    classes: tuple[str, ...]
    images: Sequence[StoredImage]
    trained: Predictions
    encoded: Mapping[str, bytes]
    tolerance: float


@dataclass(frozen=True)
class Service:
    """How the model is served.

    Attributes:
        module: import path of the server; see `ServerProcess`.
        load_seconds: that start and load may take.
        answer_seconds: that an answer may take.
    """

    module: str
    load_seconds: float
    answer_seconds: float


def validate(
    models: Path, name: str, questions: Questions, service: Service, folder: Path
) -> tuple[Verdict, str]:
    """Serves `<models>/<name>/<version>/` and asks it.

    Args:
        models: folder of the models.
        name: of the model.
        questions: what to ask.
        service: how it is served.
        folder: empty folder for the server's process.

    Returns:
        The verdict, and the end of the server's log.
    """
    start, difference = time.monotonic(), 0.0
    with ServerProcess(service.module, models, folder) as server:
        try:
            address = server.wait_until_ready(service.load_seconds)
            with ServedModel(server, address, name, service.answer_seconds) as model:
                difference = _ask_all(model, questions)
        except UnservableError as error:
            _log.warning("%s\nThe end of the server's log:\n%s", error, server.log_tail())
            reason = f"{error}{'' if error.conclusive else '; the next run tries it again'}"
            verdict = Verdict(False, reason, error.conclusive, seconds=_since(start))
            return verdict, server.log_tail()
        return Verdict(
            blessed=True,
            images_compared=len(questions.trained.by_file),
            largest_difference=difference,
            images_asked=len(questions.images),
            seconds=_since(start),
        ), server.log_tail()


def _ask_all(model: ServedModel, questions: Questions) -> float:
    try:
        checks.check_loaded(model)
        checks.check_signatures(model)
        checks.check_answers(model, questions.images, questions.classes, questions.tolerance)
        checks.check_junk(model, questions.images[0])
        return checks.check_against_training(
            model, questions.trained, questions.encoded, questions.tolerance
        )
    except RefusedError as refused:
        raise UnservableError(f"the model server refuses a question: {refused}") from refused


def _since(start: float) -> float:
    return round(time.monotonic() - start, 2)
