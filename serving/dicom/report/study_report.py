"""The objects that go back into a study."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydicom import Dataset

from components.imaging.quiet import quiet
from components.recipe.dicom_report import DicomReport
from serving.dicom.errors import ReportError
from serving.dicom.report.codes import RELIED_ON, reliability
from serving.dicom.report.instance_result import InstanceResult
from serving.dicom.report.model_identity import ModelIdentity
from serving.dicom.report.presentation_state import can_be_presented, presentation_state
from serving.dicom.report.provenance import NOT_A_DEVICE, Made
from serving.dicom.report.secondary_capture import secondary_capture
from serving.dicom.report.source_image import read_source
from serving.dicom.report.structured_report import structured_report
from serving.dicom.report.uids import derive_uid
from serving.protocol.prediction import Prediction


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
    with quiet():
        sources = [read_source(result.path) for result in results]
        _check_one_study(results, sources)
        return list(_objects(results, sources, model, settings, made_at))


def _objects(
    results: Sequence[InstanceResult],
    sources: Sequence[Dataset],
    model: ModelIdentity,
    settings: DicomReport,
    made_at: datetime,
) -> Iterator[Dataset]:
    outcome = [_outcome(*pair) for pair in zip(results, sources, strict=True)]
    identity = (model.name, str(model.version), model.digest)
    mark = (sources[0].StudyInstanceUID, *identity, settings.model_dump_json(), *outcome)
    uid = derive_uid("SR", *mark)
    yield structured_report(results, sources, model, settings, made_at, uid)
    for number, (result, source) in enumerate(zip(results, sources, strict=True), 1):
        answer = result.answer
        if answer is None:
            continue
        heatmap = answer.heatmap
        made = Made(model, made_at, number, _caption(answer, model))
        if settings.secondary_capture and heatmap is not None:
            uid = derive_uid("SC", *mark, source.SOPInstanceUID)
            yield secondary_capture(result.path, source, heatmap, made, uid)
        if settings.presentation_state and can_be_presented(source):
            uid = derive_uid("PR", *mark, source.SOPInstanceUID)
            yield presentation_state(source, heatmap, made, uid)


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
