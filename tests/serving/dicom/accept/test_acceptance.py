import datetime

import pytest

from components.recipe.dicom import Accept
from serving.dicom.accept.acceptance import why_not
from tests.serving.dicom.radiographs import CR, radiograph

TODAY = datetime.date(2026, 3, 9)
CHEST = {"body_part": ["CHEST"], "view": ["PA", "AP"]}


def refusal(rules=None, **tags):
    return why_not(
        radiograph("a", **{"StudyDate": "20260308"} | tags),
        Accept.model_validate(rules or {}),
        TODAY,
    )


@pytest.mark.parametrize(
    ("rules", "tags"),
    [
        ({}, {}),
        ({}, {"SOPClassUID": CR, "Modality": "CR"}),
        ({}, {"ImageType": ["DERIVED", "PRIMARY"], "PhotometricInterpretation": "MONOCHROME1"}),
        (CHEST, {"ViewPosition": "ap "}),
        (CHEST | {"missing": "accept"}, {"ViewPosition": None, "BodyPartExamined": ""}),
        ({"max_age_days": None}, {"StudyDate": "19990101"}),
        ({"max_age_days": 7}, {"StudyDate": "20260302"}),
        ({"missing": "accept"}, {"StudyDate": ""}),
    ],
)
def test_what_fits(rules, tags):
    assert refusal(rules, **tags) is None


@pytest.mark.parametrize(
    ("rules", "tags", "reason"),
    [
        ({}, {"Modality": "CT"}, "its Modality is CT, not CR or DX"),
        ({"missing": "accept"}, {"Modality": None}, "it has no Modality, which has to be CR or DX"),
        (CHEST, {"BodyPartExamined": "HAND"}, "its Body Part Examined is HAND, not CHEST"),
        (CHEST, {"ViewPosition": "LL"}, "its View Position is LL, not PA or AP"),
        (CHEST, {"ViewPosition": ""}, "it has no View Position, which has to be PA or AP"),
        ({}, {"PhotometricInterpretation": "RGB"}, "is RGB, not MONOCHROME1 or MONOCHROME2"),
        ({}, {"StudyDate": "20260301"}, "it is a prior: its study is 8 days old, more than 7"),
        ({}, {"StudyDate": ""}, "it has no Study Date"),
        ({"missing": "accept"}, {"StudyDate": "2026"}, "its Study Date is '2026'"),
        ({}, {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "it is a localizer"),
    ],
)
def test_images_that_do_not_fit_may_be_reported_on(rules, tags, reason):
    found = refusal(rules, **tags)
    assert reason in found.reason and found.is_image


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary capture"),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, "secondary capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.34"}, "no image: Comprehensive 3D SR Storage"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, "it is no image: Grayscale Softcopy"),
    ],
)
def test_results_are_not_reported_on(tags, reason):
    found = refusal({"modality": ["DX", "SR"]}, **tags)
    assert reason in found.reason and not found.is_image
