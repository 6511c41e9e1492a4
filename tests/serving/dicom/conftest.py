"""A DICOM node on loopback, with an Orthanc and the tiny model.

pacs    an Orthanc that knows the node, which sends results back to it
node    starts a node: `node(accept={...}, port=...)`; what it needs is started too
spool   an empty one, which keeps images that do not fit
"""

import contextlib

import pytest

from components.recipe.dicom import DicomSection
from serving.client import Client
from serving.dicom.http import HttpSettings
from serving.dicom.node import DicomNode, Model
from serving.dicom.receive.scp import ScpSettings
from serving.dicom.spool.spool import Spool
from serving.dicom.work.destination import StoreSender
from tests.doubles.orthanc import orthanc

NODE = "MEDTFX"


@pytest.fixture(scope="module")
def pacs(tmp_path_factory):
    with orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture
def spool(tmp_path):
    opened = Spool(tmp_path / "spool", keep_refused=True)
    yield opened
    opened.close()


@pytest.fixture
def section(pacs):
    """Makes the section `dicom` of a recipe whose results go to the PACS."""

    def make(**values):
        to = {"ae_title": pacs.ae_title, "host": "127.0.0.1", "port": pacs.dicom_port}
        defaults = {"quiet_seconds": 1, "destination": to}
        return DicomSection.model_validate(defaults | values)

    return make


@pytest.fixture
def node(pacs, section, base, start, tmp_path):
    """Starts nodes that stop with the test."""
    with contextlib.ExitStack() as stack:

        def begin(sender=None, scp=None, http=None, address=None, **values):
            dicom = section(**values)
            address = address or start(base).address
            client = stack.enter_context(Client(address, "tiny", attempts=1, timeout=20))
            running = DicomNode(
                Spool(tmp_path / "spool", dicom.others == "report"),
                dicom,
                Model(client, lambda: None, base / "tiny"),
                sender or StoreSender(dicom.destination, NODE),
                ScpSettings(NODE, "127.0.0.1", 0, **scp or {}),
                HttpSettings("127.0.0.1", 0, **http or {}),
                "the PACS",
            )
            running.start()
            stack.callback(running.stop)
            pacs.add_modality(NODE, running.dicom_port)
            return running

        yield begin
