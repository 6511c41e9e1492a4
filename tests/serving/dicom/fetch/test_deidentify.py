"""Every attribute of Table E.1-1, against the table itself."""

import csv
import io
from datetime import datetime
from importlib.resources import files

import pytest
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_VR

from components.imaging.quiet import quiet
from serving.dicom.fetch.deidentify import deidentify
from serving.dicom.fetch.profile import Retain, read_profile
from serving.dicom.fetch.pseudonyms import Pseudonyms
from tests.serving.dicom.images import chest_image, dciodvfy_errors, encoded

SECRET = "SECRETMULLER"  # of even length, so that no byte is added
VALUES = {
    "DA": "20260301", "TM": "101112", "DT": "20260301101112", "AS": "076Y", "UI": "1.2.3.4.5",
    "IS": "4711", "DS": "4711", "US": 4711, "UL": 4711, "SL": 4711, "FL": 47.11, "FD": 47.11,
    "OB": SECRET.encode(), "OW": SECRET.encode(), "UN": SECRET.encode(), "SS": 47,
    "OF": b"\0" * 4, "AT": 0x00100010,
}  # fmt: skip
TABLE = [
    row
    for row in csv.DictReader(
        files("serving.dicom.fetch").joinpath("profile.csv").read_text().splitlines()
    )
    if row["tag"] != "private" and "x" not in row["tag"]
]
# Of the file meta information and of commands: no part of a dataset.
TABLE = [row for row in TABLE if row["tag"][:4] not in ("0000", "0002", "0004", "fffa", "fffc")]
PSEUDONYMS = Pseudonyms(b"key")


def value_of(vr):
    if vr == "SQ":
        inner = Dataset()
        inner.PatientName = SECRET
        inner.ReferencedSOPInstanceUID = "1.2.3.4.5"
        return [inner]
    return VALUES.get(vr, SECRET)


def everything():
    image = chest_image()
    for row in TABLE:
        tag = int(row["tag"], 16)
        vr = dictionary_VR(tag).split(" ")[0]
        image.add_new(tag, vr, value_of(vr))
    return image


def cleaned(image, *retain):
    read = dcmread(io.BytesIO(encoded(image)))
    deidentify(read, read_profile(set(retain)), PSEUDONYMS)
    return dcmread(io.BytesIO(encoded(read)))


def test_the_table_is_that_of_the_standard():
    assert len(TABLE) > 550
    assert {row["basic"] for row in TABLE} == {
        "X", "Z", "D", "U", "X/Z", "X/D", "Z/D", "X/Z/D", "X/Z/U*",
    }  # fmt: skip


def test_each_attribute_follows_its_row():
    before, after = everything(), cleaned(everything())
    wrong = []
    for row in TABLE:
        tag, action = int(row["tag"], 16), row["basic"].split("/")[-1]
        there = tag in after
        value = after[tag].value if there else None
        if row["name"] in ("Patient's Name", "Patient ID"):
            right = str(value) == PSEUDONYMS.patient(SECRET)
        elif row["name"] in ("De-identification Method",):
            continue
        elif action == "X":
            right = not there
        elif action == "Z":
            right = there and not value
        elif action == "U" and before[tag].VR == "UI":
            right = there and value == PSEUDONYMS.uid(before[tag].value)
        else:  # D, and what UIDs in sequences become
            right = there and SECRET not in str(value) and value != before[tag].value
        if not right:
            wrong.append((row["tag"], row["name"], row["basic"], str(value)[:40]))
    assert wrong == []


def test_no_byte_of_a_secret_is_left():
    data = encoded(cleaned(everything()))
    assert SECRET.encode() not in data
    assert b"1.2.3.4.5" not in data
    assert "Müller".encode("latin-1") not in data


@pytest.mark.parametrize(
    "option", [Retain.FULL_DATES, Retain.PATIENT, Retain.DEVICE, Retain.INSTITUTION, Retain.UIDS]
)
def test_an_option_keeps_its_column_and_nothing_else(option):
    before, plain, after = everything(), cleaned(everything()), cleaned(everything(), option)
    for row in TABLE:
        tag = int(row["tag"], 16)
        if before[tag].VR == "SQ" or row["name"].startswith(("Patient's Name", "Patient ID")):
            continue
        kept = row[option.value] == "K"
        expected = before if kept else plain
        assert (tag in after) == (tag in expected), row
        if tag in after and row["name"] != "Longitudinal Temporal Information Modified":
            assert after[tag].value == expected[tag].value or not kept, row


def test_moved_dates_keep_their_distance():
    image = chest_image(StudyDate="20260301", AcquisitionDate="20260315", PatientAge="076Y")
    image.AcquisitionDateTime = "20260315101112.5"
    after = cleaned(image, Retain.MODIFIED_DATES)
    first, second = (
        datetime.strptime(after[key].value, "%Y%m%d") for key in ("StudyDate", "AcquisitionDate")
    )
    assert (second - first).days == 14
    assert (datetime(2026, 3, 1) - first).days == PSEUDONYMS.days("4711") >= 1
    assert after.AcquisitionDateTime == after.AcquisitionDate + "101112.5"
    assert after.StudyTime == "101112"
    assert after.LongitudinalTemporalInformationModified == "MODIFIED"
    assert "PatientAge" not in after


def test_a_date_that_is_none_is_not_kept():
    after = cleaned(chest_image(StudyDate=None, AcquisitionDate=""), Retain.MODIFIED_DATES)
    assert not after.get("AcquisitionDate")
    image = chest_image()
    with quiet():
        image.ContentDate = "2026"
    assert "ContentDate" not in cleaned(image, Retain.MODIFIED_DATES)


def test_private_and_unknown_attributes_and_planes_are_removed():
    image = chest_image()
    image.private_block(0x0011, SECRET, create=True).add_new(1, "LO", SECRET)
    image.add_new(0x00090010, "LO", SECRET)
    image.add_new(0x00FE0042, "LO", SECRET)  # no attribute of the standard
    image.add_new(0x60003000, "OW", b"\1\1")
    image.add_new(0x60000010, "US", 1)
    image.add_new(0x50003000, "OW", b"\1\1")
    after = cleaned(image)
    groups = {tag.group for tag in after.keys()}  # noqa: SIM118 - tags, not elements
    assert not groups & {0x0009, 0x0011, 0x00FE, 0x6000, 0x5000}


def test_the_same_uid_gets_the_same_one_everywhere():
    image = chest_image()
    reference = Dataset()
    reference.ReferencedSOPClassUID = image.SOPClassUID
    reference.ReferencedSOPInstanceUID = image.SOPInstanceUID
    image.SourceImageSequence = [reference]
    after = cleaned(image)
    assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == after.SOPInstanceUID
    assert after.SourceImageSequence[0].ReferencedSOPClassUID == image.SOPClassUID
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert cleaned(chest_image(2)).StudyInstanceUID == after.StudyInstanceUID


def test_it_says_what_was_done():
    after = cleaned(chest_image(), Retain.PATIENT)
    assert after.PatientIdentityRemoved == "YES"
    assert [one.CodeValue for one in after.DeidentificationMethodCodeSequence] == [
        "113100",
        "113108",
    ]
    assert after.LongitudinalTemporalInformationModified == "REMOVED"


def test_no_header_of_the_file_names_who_sent_it():
    image = chest_image()
    image.preamble = SECRET.encode().ljust(128)
    image.file_meta.SourceApplicationEntityTitle = SECRET
    assert SECRET.encode() not in encoded(cleaned(image))


def test_the_result_is_a_valid_image(tmp_path):
    (tmp_path / "plain.dcm").write_bytes(encoded(chest_image()))
    (tmp_path / "clean.dcm").write_bytes(encoded(cleaned(chest_image())))
    before, after = (set(dciodvfy_errors(tmp_path / name)) for name in ("plain.dcm", "clean.dcm"))
    assert after <= before
