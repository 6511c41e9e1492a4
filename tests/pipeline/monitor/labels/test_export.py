import csv
import hashlib
from datetime import datetime, timezone

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian

from components.image_example_gen.listing.listing import list_folders
from components.recipe.data import DataSection
from components.storage.patient_key import hash_patient
from pipeline.monitor.errors import MonitorError
from pipeline.monitor.labels.export import Exporter
from pipeline.monitor.labels.labels import Label, Matched

KEY = b"key of the site"
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
BY_NAME = {"from": "filename", "regex": r"^(?P<patient>P\d+)_"}


def section(patient=None, **more):
    values = {"classes": ["ill", "well"], "patient": patient or BY_NAME, "min_per_class": 1}
    return DataSection.model_validate({**values, "min_per_split": 1, **more})


@pytest.fixture
def sent(tmp_path):
    """Writes files that were sent; returns the folder and name → SHA-256."""

    def write(*names):
        digests = {}
        for name in names:
            path = tmp_path / "sent" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"pixels of {name}".encode())
            digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        return tmp_path / "sent", digests

    return write


def export(data, images, folder, labels, unmatched=(), by_patient=True):
    rows = {digest: row for row, digest in enumerate(labels)}
    pairs = Matched(rows, labels, unmatched, by_patient)
    return Exporter(data, images, folder, KEY).export(pairs, NOW)


def test_each_patient_has_the_split_that_a_training_gives(sent, tmp_path):
    names = [f"ward{n % 3}/P{n:03}_{view}.png" for n in range(40) for view in "ab"]
    images, digests = sent(*names)
    labels = {digest: Label(n % 2, "x") for n, digest in enumerate(digests.values())}
    done = export(section(), images, tmp_path / "next", labels)
    listing = list_folders(str(tmp_path / "next"), section())
    assert len(listing.entries) == 80 and set(done.splits) == {"train", "eval", "test"}
    trained = {entry.relative: entry for entry in listing.entries}
    for item in done.items:
        entry = trained[item.file]
        assert (item.label, item.split) == (entry.label, entry.split)
        assert item.patient == hash_patient(entry.patient, KEY)
    assert "P001" not in {
        row["patient"] for row in csv.DictReader(done.manifest.read_text().splitlines())
    }


def test_the_manifest_says_what_did_not_come_and_why(sent, tmp_path):
    images, digests = sent("P1_a.png", "P2_a.png", "unknown.png", "other/P1_a.png")
    labels = {digest: Label(1, "x") for digest in digests.values()} | {"ee" * 32: Label(0, "x")}
    done = export(section(), images, tmp_path / "next", labels, unmatched=("ff" * 32,))
    rows = {
        row["image_or_study"]: row for row in csv.DictReader(done.manifest.read_text().splitlines())
    }
    assert rows[digests["P1_a.png"]]["outcome"] == "exported"
    assert "data.patient finds no patient" in rows[digests["unknown.png"]]["outcome"]
    assert rows["ee" * 32]["outcome"] == "no such file in the folder of images"
    assert rows["ff" * 32]["outcome"] == "no prediction in this span"
    second = rows[digests["other/P1_a.png"]]["file"]  # two files of one name are both there
    assert second == f"well/{digests['other/P1_a.png'][:12]}/P1_a.png"
    assert (tmp_path / "next" / second).read_bytes() == b"pixels of other/P1_a.png"
    assert "Exported: 3 images" in done.sentence and "Left out: 3" in done.sentence


def test_a_second_export_replaces_nothing(sent, tmp_path):
    images, digests = sent("P1_a.png")
    labels = {digests["P1_a.png"]: Label(0, "x")}
    assert export(section(), images, tmp_path / "next", labels).items[0].outcome == "exported"
    again = export(section(), images, tmp_path / "next", labels)
    assert again.items[0].outcome == "there already" and again.splits.total() == 1


def test_patients_of_dicom_files_come_from_their_headers(tmp_path):
    images = tmp_path / "sent"
    images.mkdir()
    header = Dataset()
    header.file_meta = FileMetaDataset()
    header.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header.SOPClassUID, header.SOPInstanceUID = ComputedRadiographyImageStorage, "1.2.3"
    header.PatientID = "P7"
    header.save_as(images / "1.dcm", enforce_file_format=True)
    labels = {hashlib.sha256((images / "1.dcm").read_bytes()).hexdigest(): Label(0, "x")}
    (item,) = export(section({"from": "dicom"}), images, tmp_path / "next", labels).items
    assert (item.file, item.patient) == ("ill/1.dcm", hash_patient("P7", KEY))


def test_patients_of_a_table_come_from_the_labels(sent, tmp_path):
    images, digests = sent("a.png", "b.png")
    by_table = section(
        {"from": "metadata", "column": "who"}, metadata={"file": "m.csv", "key": "image"}
    )
    (tmp_path / "next" / "ill").mkdir(parents=True)
    (tmp_path / "next" / "m.csv").write_text("image,age,who\nill/old.png,40,P1\n")
    (tmp_path / "next" / "ill" / "old.png").write_bytes(b"old")
    labels = {digests["a.png"]: Label(0, "P1"), digests["b.png"]: Label(1, "unknown")}
    done = export(by_table, images, tmp_path / "next", labels)
    assert done.splits.total() == 1 and done.left_out.total() == 1
    table = (tmp_path / "next" / "m.csv").read_text()
    assert table == "image,age,who\nill/old.png,40,P1\nill/a.png,,P1\n"
    with pytest.raises(MonitorError, match="Add a column 'patient'"):
        export(by_table, images, tmp_path / "next", labels, by_patient=False)


def test_a_folder_of_another_class_would_mislead_the_training(sent, tmp_path):
    images, digests = sent("P1/well/a.png", "P1/b.png")
    by_path = section({"from": "path", "regex": r"/(?P<patient>P\d+)/"})
    labels = {digest: Label(0, "x") for digest in digests.values()}
    done = export(by_path, images, tmp_path / "next", labels)
    assert [item.file for item in done.items] == ["", "ill/P1/b.png"]


def test_splits_by_folders_can_not_be_kept(sent, tmp_path):
    images, _ = sent("P1_a.png")
    with pytest.raises(MonitorError, match=r"data\.folder_splits=merge"):
        Exporter(section(folder_splits="use"), images, tmp_path / "next", KEY)


def test_images_are_not_exported_onto_themselves(sent):
    images, _ = sent("P1_a.png")
    with pytest.raises(MonitorError, match="from one folder to another"):
        Exporter(section(), images, images, KEY)


def test_a_missing_folder_of_images_is_an_error(tmp_path):
    with pytest.raises(MonitorError, match="Name the folder of the files"):
        export(section(), tmp_path / "none", tmp_path / "next", {"ff" * 32: Label(0, "x")})
