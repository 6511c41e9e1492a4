"""The light description of the DAG, beside the DAG that TFX compiles."""

from functools import partial

import pytest

from components.nodes import (
    NODES,
    STAGES,
    UPSTREAM,
    fold_nodes,
    place_of,
    search_upstream,
    upstream_of,
)
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe


@pytest.mark.parametrize("approval", ["none", "required"])
@pytest.mark.parametrize("folds", [None, 5])
def test_it_is_the_dag_of_tfx(approval, folds):
    from tfx.dsl.compiler import compiler

    from pipeline.dag.training import build_pipeline

    recipe = load_recipe(
        "quickstart", [f"serving.approval={approval}", f"evaluation.folds={folds or 'null'}"]
    )
    paths = PipelinePaths("/root", "/models", "/checkpoints", "/keys", metadata=None)
    compiled = compiler.Compiler().compile(build_pipeline(recipe, "/data", paths))
    found = {
        node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes)
        for node in compiled.nodes
    }
    dag = upstream_of(approval == "required", folds)
    described = {node: set(upstream) for node, upstream in dag.items()}
    if folds:  # the Evaluator reads them through OutOfFold, and waits for them all the same
        described["Evaluator"] -= {"ImageExampleGen", "Baseline"}
    assert found == described


def test_the_dag_of_a_search_is_that_of_tfx():
    from tfx.dsl.compiler import compiler

    from components.tuner.rounds import known_before
    from pipeline.dag.training import build_tuning

    paths = PipelinePaths("/root", "/models", "/checkpoints", "/keys", metadata=None)
    space = {"model.dropout": "0.1..0.5"}
    pipeline = build_tuning(load_recipe("quickstart"), "/data", paths, space, 8)
    compiled = compiler.Compiler().compile(pipeline)
    found = {
        node.pipeline_node.node_info.id: set(node.pipeline_node.upstream_nodes)
        for node in compiled.nodes
    }
    dag = search_upstream(8, partial(known_before, keys=1))
    assert found == {node: set(upstream) for node, upstream in dag.items()}
    assert sorted(dag, key=place_of) == list(dag)
    assert dag["Trial3"] == ("Transform",) and "Trial7" in dag["Trial8"]


def test_every_node_comes_after_those_it_waits_for():
    for node, upstream in UPSTREAM.items():
        assert all(NODES.index(above) < NODES.index(node) for above in upstream)


def test_a_cross_validation_is_a_node_for_each_fold_before_the_trainer():
    folds = ["CrossValidation1", "CrossValidation2", "CrossValidation3"]
    assert fold_nodes(3) == folds
    dag = upstream_of(False, 3)
    assert sorted(dag, key=place_of) == list(dag)
    assert [*dag][[*dag].index("Trainer") - 3 :][:3] == folds
    assert set(folds) < set(dag["OutOfFold"])


def test_folds_are_ordered_by_number_and_other_names_come_last():
    names = ["Pusher", "condition-1", "CrossValidation10", "CrossValidation2", "ImageExampleGen"]
    assert sorted(names, key=place_of) == [
        "ImageExampleGen", "CrossValidation2", "CrossValidation10", "Pusher", "condition-1",
    ]  # fmt: skip


def test_the_stages_hold_every_node_once_in_order():
    assert tuple(node for nodes in STAGES.values() for node in nodes) == NODES
    assert all(stage in nodes for stage, nodes in STAGES.items())
