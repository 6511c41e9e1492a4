"""Identifiers in columns, EXIF, text chunks and file names; harmless ones pass."""

from dataclasses import replace

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from components.data_audit.checks.identity import identity as check
from tests.components.data_audit.cohort import picture_of, png


def with_chunk(image: Image.Image, key: str) -> bytes:
    chunks = PngInfo()
    chunks.add_text(key, "DOE^JANE")
    return png(image, pnginfo=chunks)


@pytest.fixture
def identity(gathered):
    """Returns a function from pictures to the finding."""

    def run(pictures):
        seen = gathered(pictures)
        return check(seen.remarks["identity"], seen.survey.annotated)

    return run


def test_a_clean_set_has_none(clean, identity):
    found = identity(clean)
    assert not found.cases and "no image has EXIF or text chunks" in found.sentence


def test_an_annotation_that_identifies_is_named_but_not_repeated(clean, one, identity):
    found = identity([*clean, picture_of(with_chunk(one[1], "scan"))])
    (case,) = found.cases
    assert case.files == ("COVID/added.png",) and case.reason.startswith("PNG text scan holds")
    assert "JANE" not in str(found)
    assert "1 image has EXIF or text chunks" in found.sentence


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("PatientName", "x"),
        ("birth_date", 19610312),
        ("AccessionNumber", "A1"),
        ("remark", "seen on 12.03.1988"),
        ("contact", "jane.doe@example.org"),
    ],
)
def test_a_telling_column_is_found(clean, column, value, identity):
    pictures = [replace(p, metadata={**p.metadata, column: value}) for p in clean]
    (case,) = identity(pictures).cases
    assert case.reason.startswith(f"column {column}: ") and len(case.files) == len(clean)
    assert str(value) not in case.reason or value == "x"


def test_a_column_that_names_each_patient_is_found(clean, identity):
    pictures = [replace(p, metadata={"code": f"c{p.patient}"}) for p in clean]
    (case,) = identity(pictures).cases
    assert case.reason == "column code: nearly every patient has a different value"


def test_a_date_in_a_file_name_is_found(one, identity):
    pictures = [replace(one[0], filename="COVID/doe_2021-04-30.png")]
    assert "a date" in identity(pictures).cases[0].reason
    assert not identity([replace(one[0], filename="COVID/00002658_001.png")]).cases
