"""The tags that may leave a DICOM file, and those that may not."""

import pytest

from components.imaging.images import read_image
from tests.components.imaging.dicom_files import make


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, {}),
        ({"ViewPosition": "PA", "Modality": "DX"}, {"view": "PA", "modality": "DX"}),
        ({"ViewPosition": " pa "}, {"view": "PA"}),
        ({"ViewPosition": ""}, {}),
        ({"PatientSex": "F"}, {"sex": "F"}),
        ({"PatientSex": "m"}, {"sex": "M"}),
        ({"PatientSex": "X"}, {}),
        ({"PatientAge": "045Y"}, {"age": 45}),
        ({"PatientAge": "018M"}, {"age": 1}),
        ({"PatientAge": "051W"}, {"age": 0}),
        ({"PatientAge": "005D"}, {"age": 0}),
        ({"PatientAge": "089Y"}, {"age": 89}),
        ({"PatientAge": "090Y"}, {"age": 90}),
        ({"PatientAge": "104Y"}, {"age": 90}),
        ({"PatientAge": "old"}, {}),
        ({"Manufacturer": "ACME Imaging "}, {"manufacturer": "ACME Imaging"}),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")  # pydicom, when it writes the file
def test_tags(tags: dict[str, str], expected: dict[str, object]) -> None:
    assert read_image(make(**tags)).tags == expected


def test_no_tag_tells_who_the_patient_is() -> None:
    data = make(
        PatientName="DOE^JANE", PatientID="SECRET-1", PatientBirthDate="19700101",
        InstitutionName="St. Elsewhere", AccessionNumber="A1", StudyDate="20200101", Modality="DX",
    )  # fmt: skip
    image = read_image(data)
    assert image.tags == {"modality": "DX"}
    assert image.patient_id == "SECRET-1"
    assert "SECRET" not in repr(image)
    for secret in (b"DOE", b"SECRET", b"Elsewhere", b"1970"):
        assert secret in data
        assert secret not in image.encoded


@pytest.mark.parametrize(
    ("written", "found"), [(None, None), ("", None), (" 00 17 ", "00 17"), ("Ärztin", "Ärztin")]
)
def test_patient_id(written: str | None, found: str | None) -> None:
    tags = {} if written is None else {"PatientID": written, "SpecificCharacterSet": "ISO_IR 192"}
    assert read_image(make(**tags)).patient_id == found
