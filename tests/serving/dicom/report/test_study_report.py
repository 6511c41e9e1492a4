from dataclasses import replace
from datetime import timedelta

import pytest
from pydicom import dcmread
from pydicom.data import get_charset_files
from pydicom.uid import (
    Comprehensive3DSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    SecondaryCaptureImageStorage,
)

from components.recipe.dicom_report import DicomReport
from serving.dicom.errors import ReportError
from serving.dicom.report.instance_result import InstanceResult
from serving.dicom.report.model_identity import ModelIdentity
from serving.dicom.report.study_report import study_report
from tests.doubles.orthanc import orthanc
from tests.serving.dicom.images import chest_image, written
from tests.serving.dicom.report.conftest import MADE_AT, MODEL, SETTINGS, TEXT_ALONE, answer

IDENTITY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyID",
    "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip


def uids(objects):
    return [one.SOPInstanceUID for one in objects]


def test_one_report_and_two_pictures_for_each_predicted_image(report):
    kinds = [one.SOPClassUID for one in report()]
    assert kinds[0] == Comprehensive3DSRStorage
    assert kinds.count(SecondaryCaptureImageStorage) == 3
    assert kinds.count(GrayscaleSoftcopyPresentationStateStorage) == 3


def test_only_the_report_without_settings(report):
    assert len(report(settings=DicomReport())) == 1


def test_all_objects_belong_to_the_patient_and_the_study(report):
    source = chest_image()
    for one in report():
        assert {key: one[key].value for key in IDENTITY} == {
            key: source[key].value for key in IDENTITY
        }


def test_all_objects_are_valid(report, check, tmp_path):
    objects = report()
    assert [check(tmp_path / f"object{n}.dcm") for n in range(len(objects))] == [[]] * 7


def test_an_image_without_optional_values_gives_valid_objects(report, check, tmp_path):
    bare = dict.fromkeys(
        (
            "SpecificCharacterSet", "PatientBirthDate", "PatientAge", "StudyTime", "StudyID",
            "ReferringPhysicianName", "PatientOrientation", "PixelSpacing", "WindowCenter",
            "AccessionNumber",
        )
    )  # fmt: skip
    objects = report(**bare, PatientName="Doe", PatientSex="U", StudyDate="")
    assert [check(tmp_path / f"object{n}.dcm") for n in range(len(objects))] == [[]] * 7
    assert objects[0].PatientSex == ""


@pytest.mark.parametrize(
    "file", [file for file in get_charset_files("chr*") if "SQ" not in str(file)], ids=str
)
def test_names_of_other_character_sets_stay_right(file, report):
    there = dcmread(file)
    tags = {"SpecificCharacterSet": there.SpecificCharacterSet, "PatientName": there.PatientName}
    tags["ReferringPhysicianName"] = "Doe^Jane"
    for one in report(**tags):
        assert one.SpecificCharacterSet == "ISO_IR 192"
        assert str(one.PatientName) == str(there.PatientName)


def test_the_same_results_give_the_same_objects(report):
    first, later = report(), report(made_at=MADE_AT + timedelta(days=1))
    assert uids(first) == uids(later)
    assert first[0].SeriesInstanceUID == later[0].SeriesInstanceUID
    assert first[0].ContentDate != later[0].ContentDate


def test_other_results_give_other_objects(report, study):
    results = study()
    changed = [replace(results[0], prediction=answer("Normal")), *results[1:]]
    variants = [
        uids(report(**{"settings": TEXT_ALONE, **other}))[0]
        for other in (
            {"results": results},
            {"results": changed},
            {"results": results[:3]},
            {"model": ModelIdentity("chest", 4, "a" * 64)},
            {"model": ModelIdentity("chest", 3, "b" * 64)},
            {"settings": TEXT_ALONE.model_copy(update={"findings": {}})},
        )
    ]
    assert len(set(variants)) == len(variants)


def test_images_of_two_studies_or_patients_are_refused(tmp_path):
    for tags in ({"study": "1.2.3"}, {"PatientID": "other"}):
        results = [
            InstanceResult(written(chest_image(1), tmp_path / "1.dcm"), answer(), None),
            InstanceResult(written(chest_image(2, **tags), tmp_path / "2.dcm"), answer(), None),
        ]
        with pytest.raises(ReportError, match="images of 2"):
            study_report(results, MODEL, SETTINGS, MADE_AT)


def test_what_is_no_dicom_is_refused(tmp_path):
    (tmp_path / "1.dcm").write_bytes(b"\x89PNG" * 300)
    with pytest.raises(ReportError, match="Send the image again"):
        study_report([InstanceResult(tmp_path / "1.dcm", None, "x")], MODEL, SETTINGS, MADE_AT)
    with pytest.raises(ReportError, match="none"):
        study_report([], MODEL, SETTINGS, MADE_AT)


def test_orthanc_has_them_in_the_study(report, study, tmp_path):
    with orthanc(tmp_path / "orthanc") as pacs:
        pacs.upload(result.path for result in study())
        objects = report()
        for twice in range(2):
            sent = pacs.upload(tmp_path / f"object{n}.dcm" for n in range(len(objects)))
            assert len(pacs.instances_of(chest_image().StudyInstanceUID)) == 4 + 7, twice
        assert len(pacs.get("/patients")) == len(pacs.get("/studies")) == 1
        tags = pacs.tags(sent[0])
        assert tags["PatientName"] == "Müller^Jörg"
        assert pacs.read(f"/instances/{sent[0]}/file") == (tmp_path / "object0.dcm").read_bytes()
