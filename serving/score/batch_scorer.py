"""Gets predictions of one version of a model for some files, and makes rows of them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from components.runtime.text import one_line
from serving.client import Client
from serving.protocol.errors import (
    ClosedError,
    ServerUnavailableError,
    ServingError,
    UnknownServableError,
)
from serving.protocol.prediction import Prediction
from serving.score.errors import ScoreError
from serving.score.origin import Origin
from serving.score.rows import NO_ANSWER, Row, row_of

# Single images would fail, too.
_GONE = (ClosedError, ServerUnavailableError, UnknownServableError)
# So many images one after the other without a prediction: it is the server, not the images.
_GIVE_UP_AFTER = 3


def ask_origin(client: Client, version: int | None = None, label: str | None = None) -> Origin:
    """Asks for a grey square, to know the version before any image is sent.

    Args:
        client: of the model.
        version: a version of the model; None for the one that serves.
        label: instead of a version, a label such as 'stable'.

    Raises:
        ServingError: no server answers, or there is no such model, version or label.
        ScoreError: the model does not take a plain PNG.
    """
    square = io.BytesIO()
    Image.new("L", (64, 64), 128).save(square, "PNG")
    (answer,) = client.predict([square.getvalue()], version, label)
    if answer.version is None or answer.error:
        raise ScoreError(
            f"Model {client.model!r} at {client.address} has no prediction for a grey PNG: "
            f"{answer.error}. Serve a model that medtfx pushed."
        )
    return Origin(client.model, answer.version, tuple(answer.probabilities))


@dataclass(frozen=True)
class BatchScorer:
    """Makes rows; may be shared between threads.

    Attributes:
        client: of the model.
        origin: the version that is asked, whatever is pushed in the meantime.
        root: the folder of the images.
    """

    client: Client
    origin: Origin
    root: Path

    def __call__(self, images: Sequence[str]) -> list[Row]:
        """Returns one row an image, in their order.

        If a request fails as a whole, its images are asked one by one: one that the server can't
        process must not cost the others their prediction, and gets an error that a later run
        tries again.

        Args:
            images: paths below the root.

        Raises:
            ServingError: the server is gone, no longer has the version, or answers nothing.
        """
        try:
            return self._rows(images, self._predict(images))
        except _GONE:
            raise
        except ServingError:
            return self._one_by_one(images)

    def _predict(self, images: Sequence[str]) -> list[Prediction]:
        return self.client.predict([self.root / image for image in images], self.origin.version)

    def _one_by_one(self, images: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        failed = 0
        for image in images:
            try:
                rows += self._rows([image], self._predict([image]))
                failed = 0
            except _GONE:
                raise
            except ServingError as error:
                failed += 1
                if failed == _GIVE_UP_AFTER:
                    raise
                rows.append(Row(one_line(image), error=one_line(f"{NO_ANSWER}{error}")))
        return rows

    def _rows(self, images: Sequence[str], predictions: Sequence[Prediction]) -> list[Row]:
        pairs = zip(images, predictions, strict=True)
        return [row_of(one_line(image), prediction) for image, prediction in pairs]
