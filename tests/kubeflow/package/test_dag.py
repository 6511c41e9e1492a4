import pytest

from components.nodes import APPROVAL, NODES
from kubeflow.package.dag import node_dag
from pipeline.recipes.loader import load_recipe


def dag_of(approval):
    return node_dag(load_recipe("covid19-3class", [f"serving.approval={approval}"]))


def test_the_node_approval_is_there_where_the_recipe_asks_for_one():
    assert tuple(dag_of("required")) == NODES
    assert set(NODES) - set(dag_of("none")) == {APPROVAL}


@pytest.mark.parametrize("approval", ["none", "required"])
def test_a_node_waits_for_earlier_ones_alone_and_only_the_data_for_none(approval):
    seen: set[str] = set()
    for node, upstream in dag_of(approval).items():
        assert set(upstream) <= seen
        assert upstream or node == "ImageExampleGen"
        assert len(upstream) == len(set(upstream))
        seen.add(node)


@pytest.mark.parametrize("approval", ["none", "required"])
def test_the_pusher_waits_for_all_before_it_and_the_last_node_closes_the_run(approval):
    dag = dag_of(approval)
    above = {node: set(upstream) for node, upstream in dag.items()}
    for node, upstream in dag.items():  # in topological order
        above[node].update(*(above[name] for name in upstream))
    assert list(dag)[-1] == "RunReport"
    assert above["RunReport"] == set(above) - {"RunReport"}
    assert above["Pusher"] == set(above) - {"Pusher", "RunReport"}
