"""A real Orthanc with three studies, and the three ways to fetch from it.

pacs        two chest X-rays of A-1 and of A-2, of two patients
ways        'get', 'move' and 'web' → `Archive`
fetch       fetches A-1 as COVID and A-2 as Normal into a folder; returns the manifest's rows
"""

import pytest

from serving.dicom.fetch.archive import Query
from serving.dicom.fetch.dicom_web import DicomWebArchive
from serving.dicom.fetch.dimse import DimseArchive, Node
from serving.dicom.fetch.fetch import Fetcher
from serving.dicom.fetch.labels import LabelledStudy
from serving.dicom.fetch.manifest import read_manifest
from serving.dicom.fetch.profile import read_profile
from serving.dicom.fetch.pseudonyms import Pseudonyms
from tests.doubles.databases import free_port
from tests.doubles.orthanc import orthanc
from tests.serving.dicom.images import chest_image, encoded

STUDIES = [LabelledStudy("A-1", "COVID", 2), LabelledStudy("A-2", "Normal", 3)]
EVERYTHING = Query({}, {})
PSEUDONYMS = Pseudonyms(b"key")


def image(study: int, number: int, **tags: object):
    own = {"AccessionNumber": f"A-{study}", "PatientID": f"P{study}", **tags}
    return chest_image(number, study=f"1.2.826.0.1.{study}", **own)


@pytest.fixture(scope="session")
def orthanc_server(tmp_path_factory):
    with orthanc(tmp_path_factory.mktemp("orthanc")) as server:
        yield server


@pytest.fixture
def pacs(orthanc_server):
    for study in orthanc_server.get("/studies"):
        orthanc_server.delete(f"/studies/{study}")
    for study in (1, 2):
        for number in (1, 2):
            orthanc_server.post("/instances", encoded(image(study, number)))
    return orthanc_server


@pytest.fixture
def ways(pacs):
    port = free_port()
    pacs.add_modality("MEDTFX", port)

    def dimse(move_port):
        return DimseArchive(
            Node(pacs.ae_title, "127.0.0.1", pacs.dicom_port, "MEDTFX", move_port, None, 20)
        )

    return {
        "get": dimse(None),
        "move": dimse(port),
        "web": DicomWebArchive(pacs.dicom_web, None, None, 20),
    }


@pytest.fixture
def fetch(tmp_path):
    def run(archive, folder=tmp_path / "out", studies=STUDIES, query=EVERYTHING, retain=()):
        fetcher = Fetcher(archive, folder, read_profile(set(retain)), PSEUDONYMS)
        fetcher.fetch(studies, query)
        return read_manifest(fetcher.manifest_file)

    return run
