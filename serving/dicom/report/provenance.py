"""Who made the objects of a study, in which series, and when."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from pydicom import Dataset

from serving.dicom.report.model_identity import ModelIdentity
from serving.dicom.report.uids import derive_uid

MAKER = "medtfx"
NOT_A_DEVICE = "Not a medical device: for research, not for diagnosis."


@dataclass(frozen=True)
class Made:
    """What the objects about one image have in common.

    Attributes:
        model: which model answered.
        at: local date and time of the report.
        number: of the image within the report, from 1: the Instance Number of its objects.
        caption: the prediction in words, line by line.
    """

    model: ModelIdentity
    at: datetime
    number: int
    caption: list[str]


def series_uid(model: ModelIdentity, source: Dataset, kind: str) -> str:
    """Returns the UID of the series in which a model's objects of a kind are.

    Args:
        model: which model answered.
        source: an image of the study.
        kind: 'SR', 'SC' or 'PR'.
    """
    identity = (model.name, str(model.version), model.digest)
    return derive_uid("series", kind, source.StudyInstanceUID, *identity)


def equipment(model: ModelIdentity) -> dict[str, Any]:
    """Returns who made an object (PS3.3, C.7.5.1), as highdicom's constructors take it."""
    return {
        "manufacturer": MAKER,
        "manufacturer_model_name": f"{model.name} version {model.version}"[:64],
        "software_versions": f"medtfx {version('medtfx')}",
        "device_serial_number": model.digest,
    }


def written(made_at: datetime) -> dict[str, Any]:
    """Returns when an object was made, as highdicom's constructors take it."""
    day, hour = made_at.date(), made_at.time().replace(tzinfo=None)
    return {"content_date": day, "content_time": hour, "series_date": day, "series_time": hour}
