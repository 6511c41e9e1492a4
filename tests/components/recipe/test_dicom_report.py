import pytest
from pydantic import ValidationError

from components.recipe.dicom_report import Code, DicomReport


def test_a_code_may_be_typed_as_a_number():
    typed = {"value": 840539006, "scheme": "SCT", "meaning": "COVID-19"}
    assert Code.model_validate(typed).value == "840539006"


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "1" * 17},
        {"value": ""},
        {"value": True},
        {"scheme": "S\\T"},
        {"meaning": "two\nlines"},
        {"meaning": "x" * 65},
        {"unit": "1"},
    ],
)
def test_what_dicom_can_not_hold_is_refused(wrong):
    with pytest.raises(ValidationError):
        Code(**{"value": "1", "scheme": "SCT", "meaning": "x", **wrong})


@pytest.mark.parametrize(
    ("settings", "needed"),
    [({}, False), ({"secondary_capture": True}, True), ({"presentation_state": True}, True)],
)
def test_heatmaps_are_asked_for_where_they_are_drawn(settings, needed):
    assert DicomReport(**settings).needs_heatmaps is needed
