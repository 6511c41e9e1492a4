"""From an upload to its result on the page: read, asked, recorded, drawn."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from components.imaging.images import UnreadableImage, read_image
from serving.app.audit import Entry
from serving.app.model import kind_of
from serving.app.pictures import Picture, draw_picture
from serving.app.state import State
from serving.app.uploads import Upload
from serving.client.request_batches import OutgoingImage
from serving.protocol.errors import RequestError, ServingError
from serving.protocol.prediction import Prediction
from serving.request_log.record import LogRecord, logged_image


@dataclass(frozen=True)
class Facts:
    """How an image was changed before it was sent to the model.

    Attributes:
        format: as found, such as 'DICOM'.
        width: as sent to the model server, in pixels.
        height: as sent to the model server, in pixels.
        converted: whether it was turned into an 8-bit PNG; else it went byte for byte.
    """

    format: str
    width: int
    height: int
    converted: bool


@dataclass(frozen=True)
class Result:
    """What the page shows for one image.

    Attributes:
        name: of the file.
        time: of the prediction, UTC.
        error: kind of the error, or None.
        detail: technical words about the error, in English, or ''.
        version: of the model that was asked, or None.
        prediction: of the model; None where there is an error.
        facts: None where the image could not be read.
        picture: None where there is an error.
    """

    name: str
    time: datetime
    error: str | None = None
    detail: str = ""
    version: int | None = None
    prediction: Prediction | None = None
    facts: Facts | None = None
    picture: Picture | None = field(default=None, repr=False)


def results_of(uploads: list[Upload], state: State) -> Iterator[Result]:
    """Yields a result an image, in their order: only one is decoded in memory.

    After the server failed once it gets no further request: the others that can be read get the
    same error at once, and the visitor does not wait for one deadline an image.
    """
    failure: ServingError | None = None
    for upload in uploads:
        result, failure = _result(upload, state, failure)
        yield _record(result, upload, state)


def _result(
    upload: Upload, state: State, failure: ServingError | None
) -> tuple[Result, ServingError | None]:
    blank = Result(upload.name, datetime.now(timezone.utc))
    if upload.too_large:
        return replace(blank, error="too_many_bytes"), failure
    try:
        image = read_image(upload.data, max_pixels=state.settings.limits.pixels)
    except UnreadableImage as error:
        return replace(blank, error=error.reason, detail=error.detail), failure
    facts = Facts(image.format, image.width, image.height, image.encoded != upload.data)
    blank = replace(blank, facts=facts)
    try:
        if failure:
            raise failure
        # Canonical bytes are read unchanged, so the model gets what it would get in training.
        started = time.monotonic()
        prediction = state.model.ask(image.encoded)
        latency = time.monotonic() - started
    except ServingError as error:
        # A refusal is about this image; any other failure meets the next one too.
        lasting = None if isinstance(error, RequestError) else error
        return replace(blank, error=kind_of(error), detail=str(error)), lasting
    blank = replace(blank, version=prediction.version)
    if prediction.error:
        kind = "no_prediction" if prediction.invalid else "refused"
        return replace(blank, error=kind, detail=prediction.error), None
    if state.requests is not None:
        logged = logged_image(upload.data, image)
        state.requests.add([LogRecord(state.model.name, prediction, logged, latency)])
        if state.shadow is not None:
            pixels = image.width * image.height
            sent = OutgoingImage(upload.name, image.encoded, pixels, facts=logged)
            state.shadow.offer([sent], prediction.version)
    picture = draw_picture(image.encoded, prediction.heatmap)
    return replace(blank, prediction=prediction, picture=picture), None


def _record(result: Result, upload: Upload, state: State) -> Result:
    """Writes the line of a result; where that fails, there is none."""
    prediction = result.prediction
    entry = Entry(
        model=state.model.name,
        version=result.version,
        sha256=None if upload.too_large else hashlib.sha256(upload.data).hexdigest(),
        label=prediction.label if prediction else None,
        probabilities=dict(prediction.probabilities) if prediction else None,
        uncertain=prediction.uncertain if prediction else None,
        out_of_distribution=prediction.out_of_distribution if prediction else None,
        error=result.error,
    )
    try:
        state.log.write(entry)
    except OSError as error:
        why = error.strerror or str(error)
        return Result(result.name, result.time, error="not_recorded", detail=why)
    return result
