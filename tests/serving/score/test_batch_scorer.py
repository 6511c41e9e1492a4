import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from serving.client import Client
from serving.protocol.errors import (
    ClosedError,
    RequestError,
    ServerUnavailableError,
    UnknownServableError,
)
from serving.score.batch_scorer import BatchScorer, ask_origin
from serving.score.errors import ScoreError
from serving.score.origin import Origin

POISON = 99  # grey level of the image that a scripted server chokes on


@pytest.fixture
def asker(origin):
    """Opens an asker of a server for a folder."""
    clients = []

    def connect(address, folder, asked=origin):
        clients.append(Client(address, "tiny", timeout=10, attempts=1))
        return BatchScorer(clients[-1], asked, folder)

    yield connect
    for client in clients:
        client.close()


def test_who_answers_is_known_before_any_image_is_sent(server, origin):
    with Client(server.address, "tiny") as client:
        assert ask_origin(client) == origin
        assert ask_origin(client, version=2) == origin
        with pytest.raises(UnknownServableError, match="that answer: 2"):
            ask_origin(client, version=7)


def test_a_model_that_refuses_any_image(scripted):
    server = scripted(lambda _: grpc.StatusCode.INVALID_ARGUMENT)
    with Client(server.address, "tiny") as client, pytest.raises(ScoreError, match="grey PNG"):
        ask_origin(client)


def test_a_model_whose_values_are_no_prediction(broken, asker, make_folder):
    address = broken("sum")
    with (
        Client(address, "broken") as client,
        pytest.raises(ScoreError, match=r"no prediction for a grey PNG: version 7 .* sum to 1"),
    ):
        ask_origin(client)
    folder = make_folder({"a.png": 9})
    (row,) = asker(address, folder)(["a.png"])
    assert (row.label, row.probabilities, row.uncertain, row.version) == ("", (), None, 7)
    assert row.error.startswith("version 7 of model 'tiny' gave no prediction")
    assert not row.transient


def test_one_row_an_image_in_their_order(server, asker, make_folder):
    names = ["a.png", "b.png", "sub/c.png", "sub/none.png"]
    folder = make_folder({"a.png": 204, "b.png": b"junk", "sub/c.png": 51})
    a, b, c, none = asker(server.address, folder)(names)
    assert [row.file for row in (a, b, c, none)] == names
    assert (a.label, a.version, a.uncertain, a.error) == ("bright", 2, False, "")
    assert a.probabilities == pytest.approx((0.2, 0.8), abs=1e-6)
    assert (b.label, b.probabilities, b.version) == ("", (), None)
    assert b.error.startswith("not_an_image: ") and not b.transient
    assert c.label == "dark"
    assert none.error == "the file can't be read: No such file or directory" and none.transient


def test_an_image_the_server_chokes_on_does_not_cost_the_others(
    scripted, asker, make_folder, tools
):
    poison = tools.png(POISON)
    server = scripted(lambda image: image == poison and grpc.StatusCode.INTERNAL)
    folder = make_folder({"a.png": 1, "b.png": POISON, "c.png": 2})
    rows = asker(server.address, folder)(["a.png", "b.png", "c.png"])
    assert [row.label for row in rows] == ["bright", "", "bright"]
    assert rows[1].error.startswith("no answer: ") and "INTERNAL: as the test says" in rows[1].error
    assert rows[1].transient
    assert server.requests == [3, 1, 1, 1]


def test_a_server_that_refuses_everything_is_given_up(scripted, asker, make_folder):
    server = scripted(lambda _: grpc.StatusCode.RESOURCE_EXHAUSTED)
    folder = make_folder({f"{number}.png": number for number in range(8)})
    with pytest.raises(RequestError, match="RESOURCE_EXHAUSTED"):
        asker(server.address, folder)([f"{number}.png" for number in range(8)])
    assert server.requests == [8, 1, 1, 1]


def test_a_client_that_is_closed_ends_its_requests(scripted, asker, make_folder):
    """After Ctrl-C no file is read again to be asked about alone."""
    asked, closed = threading.Event(), threading.Event()
    server = scripted(lambda _: asked.set() or (closed.wait(30) and None))
    folder = make_folder({"a.png": 1, "b.png": 2})
    ask = asker(server.address, folder)
    with ThreadPoolExecutor(1) as pool:
        rows = pool.submit(ask, ["a.png", "b.png"])
        assert asked.wait(30)
        ask.client.close()
        closed.set()
        with pytest.raises(ClosedError):
            rows.result(30)
    assert server.requests == [2]


def test_a_server_that_is_gone_is_no_error_of_the_images(scripted, asker, make_folder):
    server = scripted(lambda _: grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(ServerUnavailableError):
        asker(server.address, make_folder({"a.png": 1}))(["a.png"])


def test_a_version_that_went_away_is_no_error_of_the_images(server, asker, make_folder):
    gone = Origin("tiny", 1, ("dark", "bright"))
    with pytest.raises(UnknownServableError, match="that answer: 2"):
        asker(server.address, make_folder({"a.png": 1}), gone)(["a.png"])
