"""One prediction as the request log holds it: no pixels, no names, no patient."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol

from components.imaging.images import ReadImage
from components.saved_model.embedding import to_text
from serving.protocol.prediction import Prediction
from serving.request_log.study import hash_study

# DICOM attributes of the scanner. Sex and age, which are about the patient, are never logged.
SCANNER_TAGS = ("manufacturer", "modality", "view")


@dataclass(frozen=True)
class LoggedImage:
    """What is kept of an image.

    Attributes:
        image: SHA-256 of the file as it was given, in hex.
        format: as found, such as 'DICOM'. None, as below: not known, to a server.
        width: of the canonical image, in pixels.
        height: of the canonical image, in pixels.
        mean: of its grey values, 0..255.
        std: of the same values, 0..127.5.
        tags: values of `SCANNER_TAGS`, as far as present.
        study_uid: raw DICOM Study Instance UID; the log gets a keyed hash of it.
    """

    image: str
    format: str | None = None
    width: int | None = None
    height: int | None = None
    mean: float | None = None
    std: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    study_uid: str | None = field(default=None, repr=False)


def logged_image(data: bytes, read: ReadImage) -> LoggedImage:
    """Returns what is kept of an image.

    Args:
        data: the whole file.
        read: the same, decoded.
    """
    tags = {name: str(read.tags[name]) for name in SCANNER_TAGS if name in read.tags}
    return LoggedImage(
        image=hashlib.sha256(data).hexdigest(),
        format=read.format,
        width=read.width,
        height=read.height,
        mean=round(read.mean, 3),
        std=round(read.std, 3),
        tags=tags,
        study_uid=read.study_uid,
    )


@dataclass(frozen=True)
class LogRecord:
    """One prediction.

    Attributes:
        model: name under which it is served.
        prediction: of the model.
        facts: of the image.
        latency: seconds of the request that the image was in.
        shadow: whether the caller never saw the prediction.
    """

    model: str
    prediction: Prediction
    facts: LoggedImage
    latency: float
    shadow: bool = False

    def line(self, time: datetime, key: bytes = b"") -> bytes:
        """Returns the record as a line of JSON.

        Args:
            time: of the prediction, in UTC.
            key: of the log, for the study, if there is one.
        """
        score, embedding = self.prediction.out_of_distribution_score, self.prediction.embedding
        facts = asdict(self.facts)
        study = facts.pop("study_uid")
        values: dict[str, Any] = {
            "time": time.astimezone(timezone.utc).isoformat(timespec="milliseconds"),
            "model": self.model,
            "version": self.prediction.version,
            "label": self.prediction.label,
            # Seven digits identify a float32 well enough, and halve the line.
            "probabilities": {
                name: float(f"{value:.7g}") for name, value in self.prediction.probabilities.items()
            },
            "uncertain": self.prediction.uncertain,
            "out_of_distribution": self.prediction.out_of_distribution,
            "out_of_distribution_score": None if score is None else round(score, 4),
            "embedding": None if embedding is None else to_text(embedding),
            "latency_ms": round(1000 * self.latency, 2),
            **facts,
        }
        if study and key:
            values["study"] = hash_study(study, key)
        if self.shadow:
            values["shadow"] = True
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


class PredictionLog(Protocol):
    """A request log that is open: of a folder, or at s3://."""

    def add(self, records: Sequence[LogRecord]) -> None:
        """Adds a line for each record."""

    def close(self) -> None:
        """Writes what is not yet written."""
