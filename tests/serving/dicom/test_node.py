"""From a PACS to the model, and back into the study."""

import urllib.request

import pytest

from serving.dicom.spool.spool import DONE
from serving.dicom.work.destination import StowSender
from tests.doubles.databases import free_port
from tests.serving.dicom.radiographs import uid, write_radiograph

LOCALIZER = {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}


def done(node, count):
    """Whether so many rounds of studies are done."""
    ((found,),) = node.spool.rows("SELECT count(*) FROM rounds WHERE state = ?", DONE)
    return found == count


def reports(pacs, study):
    """The tags of the reports that have come back into a study."""
    tags = [pacs.tags(one) for one in pacs.instances_of(uid(study))]
    return [one for one in tags if one["Modality"] == "SR"]


@pytest.fixture
def send(pacs, tmp_path):
    """Lets the PACS send images of a study, which get what `write_radiograph` takes."""

    def go(study, *images):
        numbered = enumerate(images, 1)
        ids = pacs.upload(
            [write_radiograph(tmp_path / "sent", study, n, **tags) for n, tags in numbered]
        )
        pacs.send(ids)

    return go


def test_a_study_is_answered_once_and_its_results_are_not_answered(pacs, node, send, tools):
    running = node()
    send("two", {"grey": 0.2}, {"grey": 0.9})
    tools.eventually(lambda: done(running, 1), 20)
    (report,) = reports(pacs, "two")
    assert report["AccessionNumber"] == "Atwo"
    assert "dark" in str(report) and "bright" in str(report)
    # The PACS sends the study once more, with the report: all of it is known or no image.
    pacs.send(pacs.instances_of(uid("two")))
    tools.eventually(lambda: running.spool.rows("SELECT 1 FROM objects WHERE state = 'ignored'"))
    assert done(running, 1)
    assert not [*running.spool.objects.iterdir(), *running.spool.results.iterdir()]


def test_the_report_says_why_an_image_is_not_answered(pacs, node, send, tools):
    running = node(others="report")
    send("some", {}, LOCALIZER)
    send("none", {"Modality": "CT"})
    tools.eventually(lambda: done(running, 2), 20)
    (some,), (none,) = reports(pacs, "some"), reports(pacs, "none")
    assert "it is a localizer" in str(some) and "dark" in str(some)
    assert "its Modality is CT, not CR or DX" in str(none)


@pytest.mark.slow
def test_without_that_a_study_of_which_nothing_fits_gets_no_report(pacs, node, send, tools):
    running = node()
    send("silent", {"Modality": "CT"})
    tools.eventually(lambda: done(running, 1), 20)
    assert reports(pacs, "silent") == []


@pytest.mark.slow
def test_images_that_come_after_the_report_get_another_one(pacs, node, send, tools):
    running = node()
    send("late", {})
    tools.eventually(lambda: done(running, 1), 20)
    send("late", {}, {})  # the first one is known
    tools.eventually(lambda: done(running, 2), 20)
    assert len(reports(pacs, "late")) == 2


def test_with_heatmaps_and_by_stow(pacs, node, send, tools):
    report = {"secondary_capture": True, "presentation_state": True}
    running = node(sender=StowSender(pacs.dicom_web), report=report)
    send("shown", {})
    tools.eventually(lambda: done(running, 1), 20)
    found = [pacs.tags(one)["Modality"] for one in pacs.instances_of(uid("shown"))]
    assert sorted(found) == ["DX", "OT", "PR", "SR"]


@pytest.mark.slow
def test_a_server_that_comes_later(pacs, node, send, start, base, tools):
    port = free_port()
    running = node(address=f"127.0.0.1:{port}")
    send("early", {})
    tools.eventually(lambda: "server away" in metrics(running), 20)
    assert reports(pacs, "early") == []
    start(base, grpc_port=port)
    tools.eventually(lambda: done(running, 1), 30)
    assert len(reports(pacs, "early")) == 1


def metrics(running):
    with urllib.request.urlopen(f"http://127.0.0.1:{running.http_port}/metrics") as response:
        return response.read().decode()


def test_a_node_that_works_says_so(node):
    running = node()
    assert running.failing() == []
    running._workers[0].stop()
    running._workers[0].join(5)
    assert running.failing() == ["ask 0"]
