import pytest

from components.nodes import NODES
from kubeflow.package.graph import node_graph
from pipeline.recipes.loader import load_recipe


@pytest.fixture(scope="module")
def graph():
    # The file need not be where the package is compiled.
    return node_graph(load_recipe("covid19-3class", ["model.weights=/weights/of/the/image.h5"]))


def test_the_nodes_that_a_recipe_may_name_are_those_of_the_pipeline(graph):
    assert {node.name for node in graph} == set(NODES)
    assert len(graph) == len(NODES)


def test_a_node_waits_for_earlier_ones_alone_and_only_the_data_for_none(graph):
    seen: set[str] = set()
    for node in graph:
        assert set(node.after) <= seen
        assert node.after or node.name == "ImageExampleGen"
        seen.add(node.name)


def test_the_pusher_waits_for_all_before_it_and_the_last_node_closes_the_run(graph):
    above = {node.name: set(node.after) for node in graph}
    for node in graph:  # in topological order
        above[node.name].update(*(above[name] for name in node.after))
    assert graph[-1].name == "RunReport"
    assert above["RunReport"] == set(above) - {"RunReport"}
    assert above["Pusher"] == set(above) - {"Pusher", "RunReport"}
    assert all(len(node.after) == len(set(node.after)) for node in graph)
