import hashlib
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import JPEGLSLossless

from components.image_example_gen.listing.dicom_headers import header_patients
from serving.dicom.errors import FetchError
from serving.dicom.fetch.archive import ArchiveError, parse_query
from serving.dicom.fetch.dimse import DimseArchive
from serving.dicom.fetch.fetch import Fetcher
from serving.dicom.fetch.labels import LabelledStudy
from serving.dicom.fetch.manifest import Outcome
from serving.dicom.fetch.profile import Retain, read_profile
from serving.dicom.fetch.pseudonyms import Pseudonyms
from tests.doubles.databases import free_port
from tests.serving.dicom.fetch.conftest import EVERYTHING, PSEUDONYMS, STUDIES, image
from tests.serving.dicom.images import encoded

WAYS = ["get", "move", "web"]
FINDS = ["get", "web"]  # before C-MOVE, C-FIND is asked as before C-GET


def outcomes(entries):
    return Counter(entry.outcome.value for entry in entries)


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.dcm"))


@pytest.mark.parametrize("way", WAYS)
def test_a_training_folder_of_de_identified_images(ways, fetch, way, tmp_path):
    entries = fetch(ways[way])
    assert outcomes(entries) == {"fetched": 4}
    found = files(tmp_path / "out")
    assert found == sorted(entry.file for entry in entries)
    assert Counter(file.split("/")[0] for file in found) == {"COVID": 2, "Normal": 2}
    for file in found:
        read = dcmread(tmp_path / "out" / file)
        assert read.PatientIdentityRemoved == "YES" and "Müller" not in str(read)
        assert np.array_equal(read.pixel_array, image(1, 1).pixel_array)
    patients = header_patients(str(tmp_path / "out"), found)
    assert set(patients) == {PSEUDONYMS.patient("P1"), PSEUDONYMS.patient("P2")}


@pytest.mark.parametrize("way", WAYS)
def test_compressed_images_come_as_they_are_stored(ways, pacs, fetch, way, tmp_path):
    compressed = image(3, 1)
    compressed.compress(JPEGLSLossless)
    pacs.post("/instances", encoded(compressed))
    [entry] = fetch(ways[way], studies=[LabelledStudy("A-3", "COVID", 2)])
    read = dcmread(tmp_path / "out" / entry.file)
    assert read.file_meta.TransferSyntaxUID == JPEGLSLossless
    assert read.PixelData == compressed.PixelData


@pytest.mark.parametrize("way", FINDS)
def test_a_study_that_is_not_there_is_listed(ways, fetch, way):
    [entry] = fetch(ways[way], studies=[LabelledStudy("A-99", "COVID", 7)])
    assert (entry.row, entry.outcome) == (7, Outcome.MISSING)
    assert "A-99" not in str(entry)


@pytest.mark.parametrize("way", FINDS)
@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["Modality=DX", "StudyDate=20260101-20261231"], 4),
        (["Modality=CT"], 0),
        (["StudyDate=20270101-"], 0),
    ],
)
def test_a_query_narrows_what_is_fetched(ways, fetch, way, texts, found):
    entries = fetch(ways[way], query=parse_query(texts))
    assert outcomes(entries)["fetched"] == found
    assert outcomes(entries)["missing"] == (0 if found else 2)


def test_the_same_images_by_each_way(ways, fetch, tmp_path):
    found = {way: fetch(archive, tmp_path / way) for way, archive in ways.items()}
    digests = {
        way: {
            entry.file: hashlib.sha256((tmp_path / way / entry.file).read_bytes()).hexdigest()
            for entry in entries
        }
        for way, entries in found.items()
    }
    assert digests["get"] == digests["move"] == digests["web"]


def test_a_second_run_asks_for_nothing_that_is_there(ways, fetch):
    class Counting:
        asked = 0

        def find(self, *arguments):
            return ways["web"].find(*arguments)

        def retrieve(self, instances, receive):
            self.asked += len(instances)
            ways["web"].retrieve(instances, receive)

    archive = Counting()
    first = fetch(archive)
    assert fetch(archive) == first
    assert archive.asked == 4


def test_a_deleted_file_and_a_new_image_are_fetched(ways, pacs, fetch, tmp_path):
    first = fetch(ways["web"])
    (tmp_path / "out" / first[0].file).unlink()
    pacs.post("/instances", encoded(image(2, 3)))
    entries = fetch(ways["web"])
    assert len(files(tmp_path / "out")) == 5
    assert len({entry.instance for entry in entries}) == 5


def test_what_may_show_the_patient_is_refused_with_the_reason(ways, pacs, fetch, tmp_path):
    pacs.post("/instances", encoded(image(1, 3, BurnedInAnnotation="YES")))
    pacs.post("/instances", encoded(image(1, 4, RecognizableVisualFeatures="YES")))
    entries = fetch(ways["web"], studies=STUDIES[:1])
    assert outcomes(entries) == {"fetched": 2, "refused": 2}
    reasons = " ".join(entry.reason for entry in entries)
    assert "Burned In Annotation says YES" in reasons and "face" in reasons
    assert len(files(tmp_path / "out")) == 2


def test_an_archive_that_breaks_off_is_listed_and_tried_again(ways, fetch, tmp_path):
    class Breaking:
        find = ways["web"].find

        def retrieve(self, instances, receive):
            ways["web"].retrieve(instances[:1], receive)
            raise ArchiveError("nothing answers")

    entries = fetch(Breaking())
    assert outcomes(entries) == {"fetched": 2, "failed": 2}
    assert {entry.reason for entry in entries if entry.outcome is Outcome.FAILED} == {
        "nothing answers"
    }
    assert outcomes(fetch(ways["web"])) == {"fetched": 4}


def test_a_broken_value_is_refused_and_not_quoted(ways, pacs, fetch):
    broken = image(1, 5)
    broken.add_new("WindowCenter", "DS", "1")
    broken["WindowCenter"]._value = "Jörg Müller"
    pacs.post("/instances", encoded(broken))
    entries = fetch(ways["web"], studies=STUDIES[:1])
    assert outcomes(entries)["refused"] <= 1
    assert "Müller" not in str(entries)


def test_what_nobody_asked_for_stays_outside(ways, fetch, tmp_path):
    class Pushing:
        find = ways["web"].find

        def retrieve(self, instances, receive):
            receive(image(8, 1))
            ways["web"].retrieve(instances, receive)

    assert outcomes(fetch(Pushing())) == {"fetched": 4}


def test_a_full_disk_stops_the_run(ways, fetch, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Fetcher, "_write", full)
    with pytest.raises(OSError, match="No space"):
        fetch(ways["get"])


def test_a_folder_is_made_in_one_way(ways, fetch, tmp_path):
    fetch(ways["web"])
    with pytest.raises(FetchError, match="--retain"):
        fetch(ways["web"], retain=[Retain.PATIENT])
    with pytest.raises(FetchError, match="key"):
        Fetcher(ways["web"], tmp_path / "out", read_profile(set()), Pseudonyms(b"another"))


def test_one_process_at_a_time(ways, fetch, tmp_path):
    first = Fetcher(ways["web"], tmp_path / "out", read_profile(set()), PSEUDONYMS)
    with pytest.raises(FetchError, match="another"):
        fetch(ways["web"])
    first.fetch([], EVERYTHING)


def test_a_wrong_title_or_a_dead_pacs_is_said(ways, pacs, fetch):
    node = replace(ways["get"]._node, port=free_port(), timeout=2)
    [entry] = fetch(DimseArchive(node), studies=STUDIES[:1])
    assert entry.outcome is Outcome.FAILED and "nothing answers" in entry.reason


def test_a_pacs_that_stays_away_ends_the_run(fetch, tmp_path):
    class Away:
        def find(self, *_):
            raise ArchiveError("nothing answers")

    studies = [LabelledStudy(f"A-{number}", "COVID", number) for number in range(2, 60)]
    with pytest.raises(FetchError, match=r"5 studies.*nothing answers.*goes on"):
        fetch(Away(), studies=studies)
