"""The request log of the embedded server: a line for each prediction that it gives.

The server sees neither the file as a person has it nor its tags, only the image that was sent: the
digest is of that, and format, size and grey values are not known.
"""

import hashlib
from pathlib import Path
from typing import Any

from components.saved_model.embedding import EMBED
from serving.client.prediction import prediction_of
from serving.embedded.models.batching import Arrays
from serving.request_log.record import LoggedImage, LogRecord
from serving.request_log.request_log import open_log

_IMAGES, _DEFAULT = "image_bytes", "serving_default"
_OUTPUTS = {"probabilities", "label", "labels", "uncertain"}


class RequestLogging:
    """Adds predictions to the request log of a folder.

    Args:
        folder: of the log, or its address at s3://.

    Raises:
        RequestLogError: the folder can't be written.
    """

    def __init__(self, folder: Path | str) -> None:
        self._log = open_log(folder)

    def close(self) -> None:
        """Writes what has been collected, at the end."""
        self._log.close()

    def signature(self, key: str, signatures: Any) -> str:
        """Returns what is run for a signature: the default one with embeddings, if it can be."""
        return EMBED if key == _DEFAULT and EMBED in signatures else key

    def add(
        self, model: str, version: int, inputs: Arrays, outputs: Arrays, seconds: float
    ) -> None:
        """Adds a line for each image of a request, if it asked for predictions."""
        if _IMAGES not in inputs or not outputs.keys() >= _OUTPUTS:
            return
        found = [
            (prediction_of(outputs, row, "", model, version), image)
            for row, image in enumerate(inputs[_IMAGES])
        ]
        self._log.add(
            [
                LogRecord(model, prediction, _digested(image), seconds)
                for prediction, image in found
                if prediction.ok
            ]
        )


def _digested(image: bytes) -> LoggedImage:
    return LoggedImage(hashlib.sha256(image).hexdigest())
