import pytest

from serving.app.model import Model
from serving.protocol.errors import UnknownServableError
from serving.protocol.model_metadata import VersionStatus
from serving.protocol.tls import Tls


@pytest.fixture
def model(make_settings):
    model = Model(make_settings())
    yield model
    model.close()


def test_health_names_the_versions(model):
    health = model.health()
    assert health.state == "ready"
    assert [(one.version, one.state) for one in health.versions] == [(2, "AVAILABLE")]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["LOADING", "AVAILABLE"], "ready"),
        (["START", "END"], "loading"),
        (["END"], "failed"),
        ([], "failed"),
    ],
)
def test_what_the_states_of_the_versions_mean(model, monkeypatch, states, expected):
    found = [VersionStatus(number, state, "") for number, state in enumerate(states)]
    monkeypatch.setattr("serving.client.client.Client.status", lambda _: found)
    assert model.health().state == expected


def test_a_server_that_moved_is_found_again(server, make_settings, dark):
    places = iter(["127.0.0.1:1"])
    model = Model(make_settings(address=lambda: next(places, server.address)))
    assert model.health().state == "unavailable"
    assert model.ask(dark).label == "dark"
    model.close()


def test_the_label_is_looked_up_for_each_image(make_settings, dark):
    labels = iter([None, "stable"])
    model = Model(make_settings(label=lambda: next(labels)))
    assert model.ask(dark).label == "dark"
    with pytest.raises(UnknownServableError, match="stable"):  # which this server does not know
        model.ask(dark)
    model.close()


def test_a_server_with_tls(start, base, authority, make_settings, dark):
    pair = authority.issue()
    server = start(base, certificate=pair.certificate, key=pair.key)
    model = Model(make_settings(address=lambda: server.address, tls=Tls(authority.roots)))
    assert model.ask(dark).label == "dark"
    assert model.health().state == "ready"
    model.close()
    plain = Model(make_settings(address=lambda: server.address))
    health = plain.health()
    assert (health.state, "requires TLS" in health.detail) == ("unavailable", True)
    plain.close()
