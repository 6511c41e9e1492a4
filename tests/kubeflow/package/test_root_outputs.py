from kubeflow.package.compile import compile_package
from kubeflow.package.container import PackageOptions
from pipeline.recipes.loader import load_recipe
from tests.doubles.kfp_package import parse


def test_the_verdict_is_an_output_of_each_group_and_of_the_root(tmp_path):
    path = tmp_path / "package.yaml"
    compile_package(load_recipe("quickstart"), PackageOptions(image="a:1"), path)
    spec = parse(path).spec
    (group,) = (part for part in spec.components.values() if part.HasField("dag"))
    chosen = {}
    for name, part in (("root", spec.root), ("group", group)):
        (selector,) = part.dag.outputs.artifacts["evaluator-verdict"].artifact_selectors
        chosen[name] = (selector.producer_subtask, selector.output_artifact_key)
        kind = part.output_definitions.artifacts["evaluator-verdict"].artifact_type
        assert kind.schema_title == "system.Markdown"
    assert chosen == {
        "root": ("condition-1", "evaluator-verdict"),
        "group": ("evaluator", "verdict"),
    }
