import pytest

from pipeline.home import Home
from pipeline.metadata.graph import LineageError, MetadataGraph, property_of, utc
from tests.pipeline.metadata_store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_the_nodes_of_a_run(store):
    infra = store.run("one")
    store.run("two")
    nodes = store.graph.run("one")
    assert list(nodes) == ["ImageExampleGen", "Evaluator", "ServingValidator", "Pusher"]
    validator = nodes["ServingValidator"]
    assert (validator.pipeline, validator.run, validator.cached) == ("chest", "one", False)
    assert validator.properties["model_name"] == "chest"
    assert validator.outputs["blessing"][0].id == infra.id
    assert store.graph.run("three") == {}


def test_who_wrote_and_who_read_an_artifact(store):
    infra = store.run("one")
    assert store.graph.producer(infra).node == "ServingValidator"
    assert [node.node for node in store.graph.readers(infra)] == ["Pusher"]
    assert store.graph.producer(store.artifact("Model")) is None
    assert store.graph.pipeline_of(infra) == "chest"


def test_the_ancestry_follows_the_inputs_but_those_left_out(store):
    store.run("one", pushed=17)
    pushed = store.graph.artifacts("PushedModel")[-1]
    assert property_of(pushed, "pushed_version") == "17"
    assert property_of(pushed, "nothing") is None
    assert [node.node for node in store.graph.ancestry(pushed)] == [
        "Evaluator",
        "ServingValidator",
        "Pusher",
    ]
    without = store.graph.ancestry(pushed, ["model_blessing"])
    assert [node.node for node in without] == ["ServingValidator", "Pusher"]


def test_a_home_without_runs_is_an_error_with_a_remedy(tmp_path):
    with pytest.raises(LineageError, match=r"Nothing has run in .*--home"):
        MetadataGraph.of_home(Home(tmp_path))


def test_times_are_in_utc():
    assert utc(1_767_225_600_000) == "2026-01-01T00:00:00+00:00"
