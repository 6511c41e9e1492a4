"""The structured report: a Measurement Report (TID 1500) with a group for each image."""

from collections.abc import Sequence
from datetime import datetime

from highdicom.sr import (
    AlgorithmIdentification,
    CodeContentItem,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes

from components.recipe.dicom_report import DicomReport
from serving.dicom.report.codes import (
    RELIABILITY,
    RELIED_ON,
    SCHEME_ITEM,
    finding,
    probability,
    reliability,
)
from serving.dicom.report.instance_result import InstanceResult
from serving.dicom.report.model_identity import ModelIdentity
from serving.dicom.report.provenance import MAKER, NOT_A_DEVICE, described, written
from serving.dicom.report.uids import derive_uid
from serving.protocol.prediction import Prediction


def structured_report(
    results: Sequence[InstanceResult],
    sources: Sequence[Dataset],
    model: ModelIdentity,
    settings: DicomReport,
    made_at: datetime,
    uid: str,
) -> Dataset:
    """Returns the report of all images of a study.

    The group of an image holds, by TID 1501:

    1. the image, and the model with version and digest (TID 4019);
    2. `RELIABILITY`: relied on, uncertain, outside what the model has seen, or not answered;
    3. *Finding*, coded as the recipe says, if the prediction can be relied on, and only then;
    4. the probability of each class;
    5. where there is no prediction: the reason, as a comment.

    Args:
        results: one for each image.
        sources: of the same images, from `read_source`.
        model: which model answered.
        settings: of the recipe.
        made_at: local date and time.
        uid: SOP Instance UID of the report.
    """
    groups = [
        _group(number, result, source, model, settings)
        for number, (result, source) in enumerate(zip(results, sources, strict=True), 1)
    ]
    content = MeasurementReport(
        observation_context=_observer(model),
        procedure_reported=codes.SCT.ImagingProcedure,
        imaging_measurements=groups,
    )
    content[0].ContentSequence.append(_comment(NOT_A_DEVICE))
    report = Comprehensive3DSR(
        evidence=list(sources),
        content=content,
        is_complete=True,
        coding_schemes=[SCHEME_ITEM],
        **described(model, sources[0], "SR", 1, uid, "AI results"),
        **written(made_at),
    )
    report.InstanceCreationDate = report.ContentDate
    report.InstanceCreationTime = report.ContentTime
    return report


def _observer(model: ModelIdentity) -> ObservationContext:
    device = DeviceObserverIdentifyingAttributes(
        uid=derive_uid("device", model.name, str(model.version), model.digest),
        name=MAKER,
        manufacturer_name=MAKER,
        model_name=model.name,
        serial_number=model.digest,
    )
    return ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        )
    )


def _group(
    number: int,
    result: InstanceResult,
    source: Dataset,
    model: ModelIdentity,
    settings: DicomReport,
) -> MeasurementsAndQualitativeEvaluations:
    answer = result.answer
    state = reliability(answer)
    several = int(source.get("NumberOfFrames") or 1) > 1  # the model sees the first
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=derive_uid("tracking", model.name, model.digest, source.SOPInstanceUID),
            identifier=f"Image {number}",
        ),
        finding_type=(
            finding(answer.label or "", settings) if answer and state == RELIED_ON else None
        ),
        algorithm_id=_algorithm(model, answer),
        measurements=[] if answer is None else _probabilities(answer, settings),
        qualitative_evaluations=[QualitativeEvaluation(RELIABILITY, state)],
        source_images=[
            SourceImageForMeasurementGroup(
                source.SOPClassUID, source.SOPInstanceUID, [1] if several else None
            )
        ],
    )
    if result.why_not:
        group[0].ContentSequence.append(_comment(result.why_not))
    return group


def _algorithm(model: ModelIdentity, answer: Prediction | None) -> AlgorithmIdentification:
    """A server may change versions meanwhile: the digest is said of the one that it belongs to."""
    answered = answer.version if answer and answer.version is not None else model.version
    digest = [f"SHA-256 of the model: {model.digest}"] if answered == model.version else None
    return AlgorithmIdentification(
        name=model.name, version=str(answered), parameters=digest, manufacturer=MAKER
    )


def _probabilities(answer: Prediction, settings: DicomReport) -> list[Measurement]:
    measurements = []
    for label, value in answer.probabilities.items():
        one = Measurement(
            name=probability(label), value=round(float(value), 6), unit=codes.UCUM.NoUnits
        )
        # Of which finding: concept names are for people, and this one for programs (TID 300).
        of = CodeContentItem(
            codes.DCM.Finding, finding(label, settings), RelationshipTypeValues.HAS_CONCEPT_MOD
        )
        one[0].ContentSequence = [of]
        measurements.append(one)
    return measurements


def _comment(text: str) -> TextContentItem:
    return TextContentItem(codes.DCM.Comment, text, RelationshipTypeValues.CONTAINS)
