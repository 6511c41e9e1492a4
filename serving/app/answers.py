"""From an upload to what the page says about it: read, asked, recorded, drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from components.imaging.images import MAX_PIXELS, ReadImage, UnreadableImage, read_image
from serving.app.audit import AuditLog, Entry
from serving.app.model import Model, kind_of
from serving.app.pictures import Picture, draw_picture
from serving.app.uploads import Upload
from serving.client.prediction import Prediction
from serving.protocol.errors import RequestError, ServingError


@dataclass(frozen=True)
class Facts:
    """What was done to an image on its way to the model.

    Attributes:
        format: as found, such as 'DICOM'.
        width: as the model server got it, in pixels.
        height: as the model server got it, in pixels.
        converted: whether it was turned into an 8-bit PNG; else it went byte for byte.
    """

    format: str
    width: int
    height: int
    converted: bool


@dataclass(frozen=True)
class Answer:
    """What the page says about one image.

    Attributes:
        name: of the file.
        time: when it was answered, UTC.
        error: kind of the error, or None.
        detail: technical words about the error, in English, or ''.
        prediction: of the model; None where there is an error.
        facts: None where the image could not be read.
        picture: None where there is an error.
    """

    name: str
    time: datetime
    error: str | None = None
    detail: str = ""
    prediction: Prediction | None = None
    facts: Facts | None = None
    picture: Picture | None = field(default=None, repr=False)


def answer_each(
    uploads: list[Upload], model: Model, log: AuditLog, max_pixels: int = MAX_PIXELS
) -> Iterator[Answer]:
    """Answers image by image, in their order: only one is decoded in memory.

    After the server failed once it is not asked again: the others that can be read get the same
    error at once, and the visitor does not wait for one deadline an image.
    """
    failure: ServingError | None = None
    for upload in uploads:
        answer, failure = _answer(upload, model, failure, max_pixels)
        yield _record(answer, upload, model.name, log)


def _answer(
    upload: Upload, model: Model, failure: ServingError | None, max_pixels: int
) -> tuple[Answer, ServingError | None]:
    blank = Answer(upload.name, datetime.now(timezone.utc))
    if upload.too_large:
        return replace(blank, error="too_many_bytes"), failure
    try:
        image = read_image(upload.data, max_pixels=max_pixels)
    except UnreadableImage as error:
        return replace(blank, error=error.reason, detail=error.detail), failure
    blank = replace(blank, facts=_facts(image, upload.data))
    try:
        if failure:
            raise failure
        # Canonical bytes are read unchanged, so the model sees what training would have shown it.
        prediction = model.ask(image.encoded)
    except ServingError as error:
        # A refusal is about this image; anything else will befall the next one too.
        lasting = None if isinstance(error, RequestError) else error
        return replace(blank, error=kind_of(error), detail=str(error)), lasting
    if prediction.error:
        return replace(blank, error="refused", detail=prediction.error), None
    picture = draw_picture(image.encoded, prediction.heatmap)
    return replace(blank, prediction=prediction, picture=picture), None


def _facts(image: ReadImage, data: bytes) -> Facts:
    return Facts(image.format, image.width, image.height, image.encoded != data)


def _record(answer: Answer, upload: Upload, model: str, log: AuditLog) -> Answer:
    """Writes the line of an answer; without it, there is none."""
    said = answer.prediction
    entry = Entry(
        model=model,
        version=said.version if said else None,
        sha256=None if upload.too_large else hashlib.sha256(upload.data).hexdigest(),
        label=said.label if said else None,
        probabilities=dict(said.probabilities) if said else None,
        uncertain=said.uncertain if said else None,
        out_of_distribution=said.out_of_distribution if said else None,
        error=answer.error,
    )
    try:
        log.write(entry)
    except OSError as error:
        why = error.strerror or str(error)
        return Answer(answer.name, answer.time, error="not_recorded", detail=why)
    return answer
