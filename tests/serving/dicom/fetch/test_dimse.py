"""Connections that are refused, and encrypted ones. What is fetched: see `test_fetch`."""

from dataclasses import replace

import pytest
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind,
    Verification,
)

from serving.dicom.fetch.archive import ArchiveError, Instance, Query
from serving.dicom.fetch.dimse import DimseArchive, Node, _batches
from serving.protocol.tls import Tls
from tests.doubles.databases import free_port
from tests.doubles.orthanc import orthanc
from tests.serving.certificates import Authority
from tests.serving.dicom.fetch.conftest import EVERYTHING, image
from tests.serving.dicom.images import encoded


@pytest.fixture
def peer():
    """A node of pynetdicom that answers as the test says; returns how to reach it."""
    servers = []

    def start(contexts, handlers=(), **settings):
        entity = AE("PEER")
        for name, value in settings.items():
            setattr(entity, name, value)
        for context in contexts:
            entity.add_supported_context(context)
        port = free_port()
        servers.append(entity.start_server(("127.0.0.1", port), False, evt_handlers=list(handlers)))
        return Node("PEER", "127.0.0.1", port, "MEDTFX", None, None, 5)

    yield start
    for server in servers:
        server.shutdown()


def test_an_unknown_title_is_rejected_and_said(peer):
    node = peer([StudyRootQueryRetrieveInformationModelFind], require_calling_aet=["OTHER"])
    with pytest.raises(ArchiveError, match="rejected the association of MEDTFX with PEER"):
        DimseArchive(node).find("A-1", EVERYTHING)


def test_a_peer_without_query_is_said(peer):
    with pytest.raises(ArchiveError, match="does not offer Study Root"):
        DimseArchive(peer([Verification])).find("A-1", EVERYTHING)


def test_a_failed_search_gives_its_status(peer):
    handlers = [(evt.EVT_C_FIND, lambda _: iter([(0xA700, None)]))]
    node = peer([StudyRootQueryRetrieveInformationModelFind], handlers)
    with pytest.raises(ArchiveError, match="C-FIND failed with status A700"):
        DimseArchive(node).find("A-1", EVERYTHING)


def test_another_accession_number_than_asked_for_is_left_out(peer):
    def answer(event):
        match = event.identifier
        match.AccessionNumber, match.StudyInstanceUID = "A-12", "1.2"
        yield 0xFF00, match

    node = peer([StudyRootQueryRetrieveInformationModelFind], [(evt.EVT_C_FIND, answer)])
    assert DimseArchive(node).find("A-1", Query({}, {})) == []


def test_a_port_in_use_is_said(peer):
    node = peer([StudyRootQueryRetrieveInformationModelFind])
    archive = DimseArchive(replace(node, move_port=node.port))
    with pytest.raises(ArchiveError, match=f"port {node.port}"):
        archive.retrieve([Instance("1", "1.1", "1.1.1", "1.2")], print)


def test_batches_fit_into_an_association():
    images = [Instance("1", f"1.{n % 2}", f"1.{n % 2}.{n}", f"1.9.{n % 25}") for n in range(600)]
    batches = list(_batches(images))
    assert sorted(one.uid for batch in batches for one in batch) == sorted(i.uid for i in images)
    assert all(len({one.series for one in batch}) == 1 for batch in batches)
    assert max(len({one.sop_class for one in batch}) for batch in batches) * 12 < 128
    assert max(map(len, batches)) <= 100


def test_an_encrypted_connection_needs_the_right_authority(tmp_path):
    authority = Authority(tmp_path)
    own, client = authority.issue("127.0.0.1"), authority.issue("127.0.0.1", 2)
    encrypted = {
        "DicomTlsEnabled": True,
        "DicomTlsCertificate": str(own.certificate),
        "DicomTlsPrivateKey": str(own.key),
        "DicomTlsTrustedCertificates": str(authority.roots),
    }
    with orthanc(tmp_path / "orthanc", **encrypted) as server:
        server.add_modality("MEDTFX", 4242)
        server.post("/instances", encoded(image(1, 1)))
        tls = Tls(authority.roots, client.certificate, client.key).context()
        node = Node("ORTHANC", "127.0.0.1", server.dicom_port, "MEDTFX", None, tls, 10)
        archive, got = DimseArchive(node), []
        archive.retrieve(archive.find("A-1", EVERYTHING), got.append)
        assert [one.SOPInstanceUID for one in got] == [image(1, 1).SOPInstanceUID]
        (tmp_path / "other").mkdir()
        stranger = Tls(Authority(tmp_path / "other").roots).context()
        for context in (stranger, None):
            with pytest.raises(ArchiveError):
                DimseArchive(replace(node, tls=context, timeout=3)).find("A-1", EVERYTHING)
