import re

import pytest
from pydantic import ValidationError

from components.recipe.dicom import DicomSection

PACS = {"ae_title": "ORTHANC", "host": "127.0.0.1", "port": 104}


def test_what_a_recipe_says_and_what_it_need_not():
    assert DicomSection().destination is None
    section = DicomSection.model_validate(
        {"destination": PACS, "accept": {"body_part": ["CHEST"], "max_age_days": None}}
    )
    assert section.destination.tls is False and section.accept.modality == ("CR", "DX")
    by_web = DicomSection.model_validate({"destination": {"url": "https://pacs/dicom-web"}})
    assert by_web.destination.ae_title is None


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"destination": {"ae_title": "A"}}, "a destination has ae_title and host"),
        ({"destination": PACS | {"url": "http://x"}}, "and not both"),
        ({"destination": {"url": "pacs"}}, "address of a DICOMweb service"),
        ({"destination": PACS | {"ae_title": "longer than sixteen"}}, "String should match"),
        ({"destination": PACS | {"ae_title": " "}}, "String should match"),
        ({"destination": PACS | {"port": 70000}}, "less than 65536"),
        ({"callers": ["A\\B"]}, "String should match"),
        ({"accept": {"modality": []}}, "at least 1 item"),
        ({"accept": {"modality": ["dx"]}}, "String should match"),
        ({"accept": {"max_age_days": 0}}, "greater than 0"),
    ],
)
def test_what_it_must_not_say(given, rule):
    with pytest.raises(ValidationError, match=re.escape(rule)):
        DicomSection.model_validate(given)
