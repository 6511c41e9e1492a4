import pytest
from pydicom.uid import SecondaryCaptureImageStorage

from serving.dicom.fetch.acceptance import why_refused
from tests.serving.dicom.images import chest_image

CAPTURE = {"SOPClassUID": SecondaryCaptureImageStorage}


@pytest.mark.parametrize(
    "tags", [{}, {"BurnedInAnnotation": "NO"}, {**CAPTURE, "BurnedInAnnotation": "NO"}]
)
def test_an_image_may_be_used(tags):
    assert why_refused(chest_image(**tags)) == ""


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"BurnedInAnnotation": "YES"}, "Burned In"),
        (CAPTURE, "secondary capture"),
        ({"RecognizableVisualFeatures": "YES"}, "face"),
        ({"PixelData": None}, "no picture"),
        ({"PatientID": None}, "Patient ID"),
        ({"PatientID": " "}, "Patient ID"),
    ],
)
def test_what_may_show_the_patient_is_refused(tags, reason):
    assert reason in why_refused(chest_image(**tags))
