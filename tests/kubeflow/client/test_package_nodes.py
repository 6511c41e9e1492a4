import pytest
import yaml

from components.nodes import APPROVAL, NODES, OF_FOLDS, RETRAINING
from components.recipe.recipe import Recipe
from kubeflow.client.package_nodes import nodes_of_tasks, read_nodes
from kubeflow.client.runs import get
from kubeflow.package.compile import compile_package
from kubeflow.package.container import PackageOptions
from pipeline.recipes.loader import load_recipe


@pytest.fixture(scope="module")
def quickstart() -> Recipe:
    return load_recipe("quickstart")


def test_the_nodes_of_a_compiled_package(quickstart, tmp_path):
    out = tmp_path / "package.yaml"
    compile_package(quickstart, PackageOptions(image="site/medtfx:1", version="1"), out)
    found = read_nodes(next(yaml.safe_load_all(out.read_text())))
    nodes = [node for task, nodes in found.items() if task != RETRAINING for node in nodes]
    assert sorted(nodes) == sorted(set(NODES) - {APPROVAL, *OF_FOLDS})
    assert found[RETRAINING] == (RETRAINING,)
    assert all(task in nodes for task, nodes in found.items())


def test_a_package_of_another_kind_has_a_node_a_task():
    spec = {
        "root": {"dag": {"tasks": {"load": {"componentRef": {"name": "c"}}}}},
        "components": {"c": {"executorLabel": "e"}},
        "deploymentSpec": {"executors": {"e": {"container": {"image": "x"}}}},
    }
    assert read_nodes(spec) == {"load": ("load",)}
    assert read_nodes({}) == {}


def test_the_package_of_a_run_is_asked_for(server, kubeflow, package, connection):
    kubeflow("submit", package, "--param", "data=/films")
    run = get(connection, server.runs[0]["run_id"])
    stage = ("Evaluator", "ServingValidator")
    assert nodes_of_tasks(connection, run) == {"Trainer": ("Trainer",), "Evaluator": stage}
    server.versions.clear()
    assert nodes_of_tasks(connection, run) == {}
