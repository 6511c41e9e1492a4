from dataclasses import replace

import pytest
from highdicom.sr import Comprehensive3DSR, MeasurementReport
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from components.recipe.dicom_report import DicomReport
from tests.serving.dicom.images import chest_image
from tests.serving.dicom.report.conftest import MODEL, TEXT_ALONE

RELIABILITY = Code("RELIABILITY", "99MEDTFX", "")


@pytest.fixture
def groups(report):
    """The measurement groups, as highdicom reads them back."""

    def read(settings=TEXT_ALONE, **arguments):
        (document,) = report(settings=settings, **arguments)
        content = Comprehensive3DSR.from_dataset(document).content
        assert isinstance(content, MeasurementReport)
        return content.get_image_measurement_groups()

    return read


def evaluations(group):
    return [one.value.value for one in group.get_qualitative_evaluations(RELIABILITY)]


def algorithm(group):
    items = (item for item in group[0].ContentSequence if "TextValue" in item)
    return {item.name.meaning: item.value for item in items}


def test_a_group_for_each_image_in_the_order_given(groups):
    found = groups()
    assert [group.source_images[0].referenced_sop_instance_uid for group in found] == [
        chest_image(number).SOPInstanceUID for number in (1, 2, 3, 4)
    ]
    assert [evaluations(group) for group in found] == [
        ["RELIED_ON"],
        ["UNCERTAIN"],
        ["OUTSIDE"],
        ["NOT_ANSWERED"],
    ]


def test_a_finding_is_coded_only_where_it_can_be_relied_on(groups):
    types = [group.finding_type for group in groups()]
    assert types[0] == Code("840539006", "SCT", "COVID-19")
    assert types[1:] == [None, None, None]


def test_a_class_without_a_code_gets_one_of_the_own_scheme(report, groups):
    kind = groups(settings=DicomReport())[0].finding_type
    assert (kind.scheme_designator, kind.meaning) == ("99MEDTFX", "COVID")
    [scheme] = report()[0].CodingSchemeIdentificationSequence
    assert scheme.CodingSchemeDesignator == "99MEDTFX"


def test_the_probability_of_each_class(groups):
    measured = groups()[0].get_measurements()
    assert {one.name.meaning: float(one.value) for one in measured} == {
        "Probability of COVID": 0.9,
        "Probability of Normal": 0.1,
    }
    [of] = measured[0][0].ContentSequence
    assert (of.name, of.value) == (codes.DCM.Finding, Code("840539006", "SCT", "COVID-19"))
    assert groups()[3].get_measurements() == []


def test_name_version_and_digest_of_the_model(groups):
    said = algorithm(groups()[0])
    assert (said["Algorithm Name"], said["Algorithm Version"]) == ("chest", "3")
    assert said["Algorithm Parameters"] == f"SHA-256 of the model: {MODEL.digest}"


def test_a_digest_is_not_said_of_another_version(groups, study):
    results = study()
    results[0] = replace(results[0], prediction=replace(results[0].prediction, version=4))
    first, second, *_ = groups(results=results)
    assert (algorithm(first)["Algorithm Version"], "Algorithm Parameters" in algorithm(first)) == (
        "4",
        False,
    )
    assert "Algorithm Parameters" in algorithm(second)


def test_the_reason_why_an_image_is_not_answered(groups):
    assert algorithm(groups()[3])["Comment"] == "a lateral view, and the model knows frontal ones"
    assert "Comment" not in algorithm(groups()[0])


def test_no_medical_device_and_nobody_has_verified_it(report):
    document = report()[0]
    texts = [item.TextValue for item in document.ContentSequence if "TextValue" in item]
    assert "Not a medical device: for research, not for diagnosis." in texts
    assert "not a medical device" in document.SeriesDescription
    assert (document.VerificationFlag, document.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")


def test_every_image_is_evidence(report):
    [study] = report()[0].CurrentRequestedProcedureEvidenceSequence
    [series] = study.ReferencedSeriesSequence
    assert len(series.ReferencedSOPSequence) == 4


def test_the_first_frame_is_referred_to_where_there_are_several(groups):
    image = groups(NumberOfFrames=2, PixelData=bytes(2 * 64 * 48 * 2))[0].source_images[0]
    assert image.referenced_frame_numbers == [1]
