from importlib.util import find_spec

import pytest

from components.runtime.environment import CHECKPOINTS, WEIGHTS
from kubeflow.node.arguments import node_parser
from kubeflow.node.compiled_pipeline import kept_pipeline, pipeline_of_run
from pipeline.beam.errors import BeamError
from pipeline.recipes.loader import load_recipe


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("volume")


@pytest.fixture
def arguments(root):
    """Returns the arguments of a task, with some of them changed."""

    def arguments(node="Transform", run_id="1", **changes):
        values = {"recipe": "", "stack": "", "version": "", "data": "/data", "root": str(root)}
        line = [f"--{name}={value}" for name, value in (values | changes).items()]
        return node_parser("x", None).parse_args([*line, "--node", node, "--run-id", run_id])

    return arguments


@pytest.fixture(scope="module", autouse=True)
def _without_weights():
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(WEIGHTS.name, raising=False)
        yield


@pytest.fixture(scope="module")
def built(root, _without_weights):
    line = ["--recipe=", "--stack=", "--version=", "--data=/data", f"--root={root}"]
    given = node_parser("x", None).parse_args([*line, "--node=Transform", "--run-id=1"])
    return pipeline_of_run(given, load_recipe("quickstart"))


def test_what_a_later_task_finds_is_what_was_built(arguments, built):
    recipe = load_recipe("quickstart")
    assert kept_pipeline(arguments(node="Trainer"), recipe) == built
    # The id of the run is not among what is kept.
    later = kept_pipeline(arguments(run_id="2"), recipe)
    assert later.runtime_spec.pipeline_run_id.field_value.string_value == "2"


@pytest.mark.parametrize(
    "changes",
    [
        {"data": "/other"},
        {"models": "/other"},
        {"beam-arg": "--runner=PortableRunner"},
    ],
)
def test_with_other_arguments_nothing_is_found(arguments, built, changes):
    assert kept_pipeline(arguments(**changes), load_recipe("quickstart")) is None


def test_a_runner_of_beam_is_nothing_to_a_node_without_beam(arguments):
    recipe, nowhere = load_recipe("quickstart"), {"beam-arg": "--runner=NoRunner"}
    with pytest.raises(BeamError, match="Beam has no runner 'NoRunner' here"):
        pipeline_of_run(arguments("StatisticsGen", **nowhere), recipe)
    built = pipeline_of_run(arguments("Trainer", **nowhere), recipe)
    assert kept_pipeline(arguments("StatisticsGen", **nowhere), recipe) == built


def test_with_another_recipe_nothing_is_found(arguments, built):
    assert kept_pipeline(arguments(), load_recipe("quickstart", ["training.epochs=3"])) is None


def test_with_other_files_that_a_training_starts_from_nothing_is_found(
    arguments, built, monkeypatch, tmp_path
):
    recipe = load_recipe("quickstart")
    monkeypatch.setenv(WEIGHTS.name, str(tmp_path))
    assert kept_pipeline(arguments(), recipe) == built
    (tmp_path / "mobilenet.weights.h5").write_bytes(b"weights")
    assert kept_pipeline(arguments(), recipe) is None


def test_with_other_checkpoints_nothing_is_found(arguments, built, monkeypatch):
    monkeypatch.setenv(CHECKPOINTS.name, "/elsewhere")
    assert kept_pipeline(arguments(), load_recipe("quickstart")) is None


@pytest.mark.skipif(find_spec("tensorflow_io") is None, reason="no tensorflow-io here")
def test_at_s3_a_later_task_finds_it_too(arguments, s3):
    s3.create_bucket(Bucket="compiled")
    recipe, place = load_recipe("quickstart"), "s3://compiled/work"
    assert kept_pipeline(arguments(root=place), recipe) is None
    built = pipeline_of_run(arguments(root=place), recipe)
    assert kept_pipeline(arguments(root=place), recipe) == built


def test_nothing_is_kept_at_gs(arguments):
    assert kept_pipeline(arguments(root="gs://bucket/work"), load_recipe("quickstart")) is None
