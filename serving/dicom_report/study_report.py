"""The objects that go back into a study."""

from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset

from components.recipe.dicom_report import DicomReport
from serving.dicom_report.codes import reliability
from serving.dicom_report.errors import ReportError
from serving.dicom_report.instance_result import InstanceResult
from serving.dicom_report.model_identity import ModelIdentity
from serving.dicom_report.source_image import read_source
from serving.dicom_report.structured_report import structured_report
from serving.dicom_report.uids import derive_uid


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
        OSError: a file can't be read.
    """
    sources = [read_source(result.path) for result in results]
    _check_one_study(results, sources)
    outcome = [_outcome(*pair) for pair in zip(results, sources, strict=True)]
    mark = (model.name, str(model.version), model.digest, settings.model_dump_json(), *outcome)
    uid = derive_uid("report", sources[0].StudyInstanceUID, *mark)
    return [structured_report(results, sources, model, settings, made_at, uid)]


def _check_one_study(results: Sequence[InstanceResult], sources: Sequence[Dataset]) -> None:
    if not results:
        raise ReportError("A report is about the images of a study. Received: none.")
    for keyword, what in (("StudyInstanceUID", "study"), ("PatientID", "patient")):
        values = {str(source.get(keyword, "")) for source in sources}
        if len(values) > 1:
            raise ReportError(
                f"A report is about the images of one {what}. Received: images of {len(values)}, "
                f"by their {keyword}. Correct the study in the PACS, and send it again."
            )


def _outcome(result: InstanceResult, source: Dataset) -> str:
    answer = result.answer
    label = answer.label or "" if answer else ""
    return f"{source.SOPInstanceUID} {reliability(answer).value} {label}"
