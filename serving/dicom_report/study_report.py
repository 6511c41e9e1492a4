"""The objects that go back into a study."""

from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset

from components.recipe.dicom_report import DicomReport
from serving.dicom_report.instance_result import InstanceResult
from serving.dicom_report.model_identity import ModelIdentity


def study_report(
    results: Sequence[InstanceResult],
    model: ModelIdentity,
    settings: DicomReport,
    made_at: datetime,
) -> list[Dataset]:
    """Returns the objects that go back into the study.

    Args:
        results: of the images of one study, at least one.
        model: which model answered.
        settings: the section `dicom.report` of the recipe.
        made_at: date and time of the report, in local time.

    Returns:
        A structured report (TID 1500) of all images, and, where asked for, a secondary capture and
        a presentation state for each predicted image. The same results of the same model give the
        same SOP Instance UIDs, so that what is sent twice is one object.

    Raises:
        ReportError: the files are of several studies or patients, or can't be read.
    """
    raise NotImplementedError
