import time

import pytest

from serving.client import Client
from serving.dicom.accept.arrival import Arrival
from serving.dicom.metrics import NodeMetrics
from serving.dicom.spool.questions import Questions, prediction_of
from serving.dicom.work.asking import ATTEMPTS, Asker
from tests.doubles.databases import free_port
from tests.serving.dicom.radiographs import radiograph


@pytest.fixture
def asker(spool):
    """Makes an asker of a server at an address."""
    clients = []

    def make(address, explain=False, model="tiny"):
        client = Client(address, model, attempts=1, timeout=10)
        clients.append(client)
        return Asker(client, Questions(spool), lambda: None, explain, NodeMetrics())

    yield make
    for client in clients:
        client.close()


def arrive(spool, number, grey=0.2, content=None):
    file = spool.incoming / "new"
    if content is None:
        radiograph("study", number, grey=grey).save_as(file, enforce_file_format=True)
    else:
        file.write_bytes(content)
    spool.add(file, Arrival("1.3", f"1.4.{number}", "1.2", "A1", "DX", None))


def objects(spool):
    return spool.rows("SELECT state, file, prediction, reason, attempts FROM objects ORDER BY 2")


def test_predictions_and_heatmaps_are_kept(spool, asker, server):
    arrive(spool, 1, grey=0.2)
    arrive(spool, 2, grey=0.9)
    one = asker(server.address, explain=True)
    assert one.step() == 0 and one.step() > 0
    found = [prediction_of(spool.objects / file, text) for _, file, text, *_ in objects(spool)]
    assert sorted(one.label for one in found) == ["bright", "dark"]
    assert all(one.heatmap.shape == (4, 4) and one.version == 2 for one in found)


def test_an_image_that_cannot_be_read_costs_no_other_its_prediction(spool, asker, server):
    arrive(spool, 1)
    arrive(spool, 2, content=b"no image")
    asker(server.address).step()
    assert sorted((state, bool(reason)) for state, _, _, reason, _ in objects(spool)) == [
        ("answered", False), ("unanswered", True)
    ]  # fmt: skip


def test_a_server_that_is_away_is_waited_for_however_long_it_takes(spool, asker):
    arrive(spool, 1)
    one = asker(f"127.0.0.1:{free_port()}")
    assert [one.step() for _ in range(3)] == [1, 2, 4]
    assert [(state, tries) for state, *_, tries in objects(spool)] == [("waiting", 0)]
    assert Questions(spool).claim(9)  # nobody holds it


def test_a_model_that_is_not_there_yet_is_waited_for(spool, asker, server):
    arrive(spool, 1)
    assert asker(server.address, model="later").step() == 1
    assert objects(spool)[0][0] == "waiting"


def test_values_that_are_no_prediction(spool, asker, broken):
    arrive(spool, 1)
    asker(broken("nan")).step()
    ((state, _, _, reason, _),) = objects(spool)
    assert state == "unanswered" and "not finite numbers" in reason


def test_requests_that_fail_while_the_server_works(spool, asker, server, monkeypatch):
    arrive(spool, 1)
    one = asker(server.address)
    # The model has no such version: of all errors about a request, the easiest to cause.
    from serving.protocol.errors import RequestError

    def refuse(*_, **__):
        raise RequestError("the server refused the request")

    monkeypatch.setattr(one.client, "predict", refuse)
    for tries in range(1, ATTEMPTS):
        assert one.step() == 0
        assert objects(spool)[0][0] == "waiting" and objects(spool)[0][4] == tries
        with spool.transaction() as database:
            database.execute("UPDATE objects SET next_try = ?", [time.time()])
    one.step()
    ((state, _, _, reason, _),) = objects(spool)
    assert state == "unanswered" and f"{ATTEMPTS} requests failed" in reason
