"""Which nodes there are; the end-to-end tests run them."""

import json

import pytest

from components.nodes import APPROVAL, NODES, OF_FOLDS, fold_nodes
from pipeline.dag.training import build_pipeline, build_training, build_tuning
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe

PATHS = PipelinePaths("/root", "/models", "/checkpoints", "/keys", None)
PREPARED = ["ImageExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform"]


def names(pipeline):
    return [node.id for node in pipeline.components]


def node(pipeline, name):
    return next(node for node in pipeline.components if node.id == name)


def test_a_run_has_the_nodes_of_the_list():
    pipeline = build_pipeline(load_recipe("quickstart"), "/data", PATHS)
    assert sorted([*names(pipeline), APPROVAL, *OF_FOLDS]) == sorted(NODES)
    assert pipeline.pipeline_info.pipeline_root == "/root/artifacts/quickstart"
    assert "AuditGate" in {above.id for above in node(pipeline, "Trainer").upstream_nodes}


def test_a_recipe_that_requires_an_approval_looks_for_the_decision():
    recipe = load_recipe("quickstart", ["serving.approval=required"])
    pipeline = build_pipeline(recipe, "/data", PATHS)
    assert sorted([*names(pipeline), *OF_FOLDS]) == sorted(NODES)
    assert "Approval" in {above.id for above in node(pipeline, "Pusher").upstream_nodes}


def test_with_folds_all_images_are_trained_on_and_the_folds_decide():
    recipe = load_recipe("quickstart", ["evaluation.folds=5"])
    pipeline = build_pipeline(recipe, "/data", PATHS)
    folds = fold_nodes(5)
    assert {*folds, "OutOfFold"} <= {*names(pipeline)}
    assert [node(pipeline, one).exec_properties["fold"] for one in folds] == [1, 2, 3, 4, 5]
    properties = node(pipeline, "Trainer").exec_properties
    assert json.loads(properties["train_args"])["splits"] == ["train", "test"]
    assert json.loads(properties["custom_config"])["folds"] == 5
    assert json.loads(node(pipeline, "Transform").exec_properties["splits"]) == [
        "train", "eval", "test",
    ]  # fmt: skip
    evaluator = node(pipeline, "Evaluator")
    assert "baseline_model" not in evaluator.inputs  # it has seen these images
    assert {"OutOfFold"} == {
        above.id for above in evaluator.upstream_nodes if "model" not in above.outputs
    } - {"Trainer"}
    assert all(
        "AuditGate" in {above.id for above in node(pipeline, one).upstream_nodes} for one in folds
    )


def test_a_training_alone_holds_the_test_split_out_whatever_decides():
    recipe = load_recipe("quickstart", ["evaluation.folds=5"])
    training = build_training(recipe, "/data", PATHS, "compare")
    properties = node(training, "Trainer").exec_properties
    assert json.loads(properties["train_args"])["splits"] == ["train"]
    assert json.loads(properties["custom_config"])["folds"] is None


def test_a_floor_does_not_train_the_folds_again():
    def properties(*overrides):
        recipe = load_recipe("quickstart", ["evaluation.folds=5", *overrides])
        pipeline = build_pipeline(recipe, "/data", PATHS)
        return {
            one.id: json.dumps(one.exec_properties, default=str)
            for one in pipeline.components
            if one.id not in ("Evaluator", "ServingValidator", "RunReport")
        }

    assert properties() == properties("evaluation.recall_floor=0.1")


@pytest.mark.parametrize("override", ["platform.defaults.cpu=2", "retraining.min_new_patients=9"])
def test_neither_machine_nor_schedule_change_a_node(override):
    def properties(*overrides):
        pipeline = build_pipeline(load_recipe("quickstart", [*overrides]), "/data", PATHS)
        return {one.id: json.dumps(one.exec_properties, default=str) for one in pipeline.components}

    assert properties() == properties(override)


def test_a_fold_is_trained_and_a_search_tuned_without_the_rest():
    recipe = load_recipe("quickstart")
    training = build_training(recipe, "/data", PATHS, "compare")
    assert sorted(names(training)) == sorted([*PREPARED, "Trainer"])
    assert training.pipeline_info.pipeline_root == "/root/artifacts/compare"
    tuning = build_tuning(recipe, "/data", PATHS, {"model.dropout": "0.1,0.2,0.3"}, 3)
    assert sorted(names(tuning)) == sorted([*PREPARED, "Trial1", "Trial2", "Trial3", "Tuner"])
    assert node(tuning, "Trial3").exec_properties["number"] == 3


def test_where_folds_decide_the_audit_looks_for_pictures_in_two_of_them():
    recipe = load_recipe("quickstart", ["evaluation.folds=5", "data.split_seed=3"])
    properties = node(build_pipeline(recipe, "/data", PATHS), "DataAudit").exec_properties
    assert (properties["folds"], properties["split_seed"]) == (5, 3)
