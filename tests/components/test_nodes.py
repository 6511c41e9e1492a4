"""The light description of the DAG, beside the DAG that TFX compiles."""

import pytest

from components.nodes import APPROVAL, NODES, STAGES, UPSTREAM
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe


@pytest.mark.parametrize("approval", ["none", "required"])
def test_it_is_the_dag_of_tfx(approval):
    from tfx.dsl.compiler import compiler

    from pipeline.dag.training import build_pipeline

    recipe = load_recipe("quickstart", [f"serving.approval={approval}"])
    paths = PipelinePaths("/root", "/models", "/checkpoints", "/keys", metadata=None)
    compiled = compiler.Compiler().compile(build_pipeline(recipe, "/data", paths))
    found = {
        node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes)
        for node in compiled.nodes
    }
    described = {node: set(upstream) for node, upstream in UPSTREAM.items()}
    if approval == "none":
        del described[APPROVAL]
        described["Pusher"].remove(APPROVAL)
    assert found == described


def test_every_node_comes_after_those_it_waits_for():
    for node, upstream in UPSTREAM.items():
        assert all(NODES.index(above) < NODES.index(node) for above in upstream)


def test_the_stages_hold_every_node_once_in_order():
    assert tuple(node for nodes in STAGES.values() for node in nodes) == NODES
    assert all(stage in nodes for stage, nodes in STAGES.items())
