"""The Patient ID and the tags of DICOM headers, and what follows from them."""

import pytest

from components.image_example_gen.listing.dicom_headers import header_patients, header_tags
from components.image_example_gen.listing.metadata import MetadataTable
from components.image_example_gen.listing.patients import PatientFinder
from components.recipe.data import PatientSource
from components.runtime.errors import DataError
from tests.components.imaging.dicom_files import make


@pytest.fixture
def base(tmp_path):
    """Two files of one patient, one of another, one without, a PNG, a broken one, a long header."""
    contents = {
        "1.dcm": make(PatientID="P1"),
        "2.IMA": make(PatientID="P1 "),
        "IM3": make(PatientID="P2"),
        "4.dcm": make(),
        "5.png": make(PatientID="P9"),  # by its name no DICOM: not opened
        "6.dcm": b"no DICOM",
        "7.dcm": make(PatientID="P3", SOPInstanceUID="1.2", LongCodeValue="x" * 100_000),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def find(base, paths, **source):
    finder = PatientFinder(str(base), PatientSource.model_validate(source), MetadataTable())
    return finder.find(paths)


def test_patient_ids(base):
    names = sorted(path.name for path in base.iterdir())
    assert header_patients(str(base), [*names, "gone.dcm"]) == [
        "P1", "P1", None, None, None, "P3", "P2", None,
    ]  # fmt: skip


def test_tags_stand_below_the_patient_and_a_long_text(base):
    many = {"PatientSex": "F", "ViewPosition": "PA", "Manufacturer": "Acme"}
    (base / "8.dcm").write_bytes(make(PatientID="P1", PatientAge="050Y", **many))
    (base / "9.dcm").write_bytes(make(LongCodeValue="x" * 100_000, **many))
    plain = {"sex": "F", "view": "PA", "manufacturer": "Acme"}
    assert header_tags(str(base), ["8.dcm", "9.dcm", "5.png", "6.dcm", "4.dcm"]) == [
        plain | {"age": 50}, plain, None, None, {},
    ]  # fmt: skip


def test_patients_from_dicom(base):
    assert find(base, ["1.dcm", "2.IMA", "IM3"], **{"from": "dicom"}) == ["P1", "P1", "P2"]
    with pytest.raises(DataError, match=r"1 of 2 files have no patient by the rule `from: dicom`"):
        find(base, ["1.dcm", "4.dcm"], **{"from": "dicom"})


def test_headers_that_contradict_each_file_stop_the_run(base):
    message = r"name 2 patients for 3 files.*'1\.dcm' and '2\.IMA'.*from: dicom"
    with pytest.raises(DataError, match=message) as caught:
        find(base, ["1.dcm", "2.IMA", "IM3", "4.dcm"], **{"from": "each_file"})
    assert "P1" not in str(caught.value)
    apart = ["1.dcm", "IM3", "4.dcm", "5.png"]
    assert find(base, apart, **{"from": "each_file"}) == apart
