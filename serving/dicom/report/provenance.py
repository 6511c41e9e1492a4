"""Who made the objects of a study, in which series, and when."""

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from pydicom import Dataset

from serving.dicom.report.model_identity import ModelIdentity
from serving.dicom.report.source_image import UNICODE
from serving.dicom.report.uids import derive_uid

MAKER = "medtfx"
SERIES_NUMBERS = {"SR": 9001, "SC": 9002, "PR": 9003}  # far above those of modalities
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


def described(
    model: ModelIdentity, source: Dataset, kind: str, number: int, uid: str, contents: str
) -> dict[str, Any]:
    """Returns who made an object (PS3.3, C.7.5.1), and its place in the study.

    As highdicom's constructors take it.

    Args:
        model: which model answered.
        source: an image of the study.
        kind: a key of `SERIES_NUMBERS`; a model's objects of a kind are one series.
        number: Instance Number of the object.
        uid: SOP Instance UID of the object.
        contents: of the series, for its description.
    """
    identity = (model.name, str(model.version), model.digest)
    return {
        "series_instance_uid": derive_uid("series", kind, source.StudyInstanceUID, *identity),
        "series_number": SERIES_NUMBERS[kind],
        "series_description": f"{contents} of {model.name}; not a medical device"[:64],
        "sop_instance_uid": uid,
        "instance_number": number,
        "specific_character_set": UNICODE,
        "manufacturer": MAKER,
        "manufacturer_model_name": f"{model.name} version {model.version}"[:64],
        "software_versions": f"medtfx {version('medtfx')}",
        "device_serial_number": model.digest,
    }


def written(made_at: datetime) -> dict[str, Any]:
    """Returns when an object was made, as highdicom's constructors take it."""
    day, hour = made_at.date(), made_at.time().replace(tzinfo=None)
    return {"content_date": day, "content_time": hour, "series_date": day, "series_time": hour}
