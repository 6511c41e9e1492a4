import pytest
import yaml

from kubeflow.client.pipeline_package import (
    PipelinePackage,
    holds_recipe,
    parse_parameters,
    read_package,
)
from kubeflow.errors import PipelinesError
from pipeline.recipes.loader import RECIPE_DIR


def test_a_package_tells_its_name_and_parameters(package):
    read = read_package(package)
    assert (read.name, read.description) == ("chest", "Chest films")
    assert set(read.inputs) == {
        "data",
        "overrides",
        "rows",
        "share",
        "fast",
        "if_new",
        "gate_failure",
    }
    assert not holds_recipe(package)


def test_the_fingerprint_is_that_of_the_content(package, tmp_path):
    documents = list(yaml.safe_load_all(package.read_text()))
    same, other = tmp_path / "same.yaml", tmp_path / "other.yaml"
    same.write_text("# a comment\n" + yaml.safe_dump_all(documents, sort_keys=True, indent=4))
    documents[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"] = {}
    other.write_text(yaml.safe_dump_all(documents))
    assert read_package(same).fingerprint == read_package(package).fingerprint
    assert read_package(other).fingerprint != read_package(package).fingerprint


def test_both_forms_of_a_package_are_read(package, tmp_path):
    spec, platform = yaml.safe_load_all(package.read_text())
    nested = tmp_path / "nested.yaml"
    nested.write_text(yaml.safe_dump({"pipeline_spec": spec, "platform_spec": platform}))
    assert read_package(nested).inputs == read_package(package).inputs


def test_a_recipe_is_told_from_a_package():
    assert all(holds_recipe(path) for path in RECIPE_DIR.glob("*.yaml"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("kind: Workflow\n", "a package of the first Kubeflow Pipelines"),
        ("a: 1\n", "no compiled pipeline"),
        ("- a\n", "no compiled pipeline"),
        ("", "no compiled pipeline"),
        ("a: [\n", "not valid YAML"),
    ],
)
def test_another_file_is_an_error(tmp_path, content, reason):
    path = tmp_path / "file.yaml"
    path.write_text(content)
    with pytest.raises(PipelinesError, match=reason):
        read_package(path)


def test_parameters_take_the_types_of_the_package(package):
    given = ["data=gs://site/films", "rows=7", "share=1", "fast=true", 'overrides=["a.b=1"]']
    assert parse_parameters(read_package(package), given) == {
        "data": "gs://site/films",
        "rows": 7,
        "share": 1.0,
        "fast": True,
        "overrides": ["a.b=1"],
    }


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([], "needs a value for data"),
        (["data"], "takes name=value"),
        (["data=x", "row=7"], "Did you mean 'rows'"),
        (["data=x", "rows=many"], "rows takes a NUMBER_INTEGER. Received: 'many'"),
        (["data=x", "rows=true"], "rows takes a NUMBER_INTEGER"),
        (["data=x", "fast=1"], "fast takes a BOOLEAN"),
        (["data=x", "overrides=a"], "overrides takes a LIST"),
    ],
)
def test_a_parameter_that_does_not_fit_is_an_error(package, given, reason):
    with pytest.raises(PipelinesError, match=reason):
        parse_parameters(read_package(package), given)


def test_a_package_without_parameters_needs_none(tmp_path):
    assert parse_parameters(PipelinePackage(tmp_path, "bare", "0" * 12), []) == {}
