"""The objects that go back into a study."""

from collections.abc import Sequence
from datetime import datetime

from pydicom import Dataset

from components.recipe.dicom_report import DicomReport
from serving.client.prediction import Prediction
from serving.dicom_report.codes import RELIED_ON, reliability
from serving.dicom_report.errors import ReportError
from serving.dicom_report.instance_result import InstanceResult
from serving.dicom_report.model_identity import ModelIdentity
from serving.dicom_report.presentation_state import can_be_presented, presentation_state
from serving.dicom_report.provenance import NOT_A_DEVICE
from serving.dicom_report.secondary_capture import secondary_capture
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
    study = sources[0].StudyInstanceUID
    uid = derive_uid("SR", study, *mark)
    objects = [structured_report(results, sources, model, settings, made_at, uid)]
    for number, (result, source) in enumerate(zip(results, sources, strict=True), 1):
        answer, heatmap = result.answer, result.shown_heatmap
        if answer is None:
            continue
        lines = _caption(answer, model)
        if settings.secondary_capture and heatmap is not None:
            uid = derive_uid("SC", study, *mark, source.SOPInstanceUID)
            objects.append(
                secondary_capture(result.path, source, heatmap, lines, model, made_at, uid, number)
            )
        if settings.presentation_state and can_be_presented(source):
            uid = derive_uid("PR", study, *mark, source.SOPInstanceUID)
            objects.append(presentation_state(source, heatmap, lines, model, made_at, uid, number))
    return objects


def _caption(answer: Prediction, model: ModelIdentity) -> list[str]:
    """The prediction in words, for pictures; who can't rely on it reads so first."""
    share = answer.probabilities.get(answer.label or "", 0.0)
    state = reliability(answer)
    first = f"{answer.label}: {share:.2f}"
    if state != RELIED_ON:
        first = f"{state.meaning} ({first})"
    version = answer.version if answer.version is not None else model.version
    return [first, f"{model.name}, version {version}", NOT_A_DEVICE]


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
