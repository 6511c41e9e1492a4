import pytest

from components.nodes import BEAM_NODES
from components.storage import object_storage
from pipeline.beam.arguments import BEAM_ARGS, beam_args
from pipeline.beam.errors import BeamError
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe


@pytest.fixture(autouse=True)
def nothing_at_s3(monkeypatch):
    """Another test of this process may have prepared it for object storage."""
    monkeypatch.setattr(object_storage, "_at_s3", [])


def test_this_process_by_default():
    assert beam_args([]) == BEAM_ARGS


def test_what_is_given_without_a_runner_goes_to_this_machine_s():
    given = "--direct_num_workers=4"
    assert beam_args([given]) == (given, "--sdk_container_image=none")


@pytest.mark.parametrize("name", ["PortableRunner", "portablerunner", "portable"])
def test_the_runner_of_an_engine_is_watched(name):
    from apache_beam.runners.runner import create_runner

    runner, *others = beam_args([f"--runner={name}", "--job_endpoint=flink:1"], check=False)
    assert others == ["--job_endpoint=flink:1", "--sdk_container_image=none"]
    made = create_runner(runner.removeprefix("--runner="))
    assert isinstance(made, create_runner(name).__class__) and hasattr(
        made, "run_portable_pipeline"
    )


def test_workers_in_containers_keep_their_image():
    given = ("--runner=flink", "--environment_type=docker", "--environment_config=medtfx:1")
    assert beam_args(given, check=False)[-1] == "--sdk_container_image=medtfx:1"


@pytest.mark.parametrize("option", ["--sdk_container_image=a", "--extra_packages=b.tar.gz"])
def test_what_names_the_packages_of_workers_is_enough(option):
    given = ("--runner=DataflowRunner", option)
    assert beam_args(given, check=False) == given


def test_which_nodes_are_on_beam():
    from tfx.dsl.compiler import compiler
    from tfx.orchestration.local import runner_utils

    from pipeline.dag.training import build_pipeline

    paths = PipelinePaths("/root", "/models", "/checkpoints", "/keys", metadata=None)
    pipeline = compiler.Compiler().compile(
        build_pipeline(load_recipe("quickstart"), "/data", paths, ("--direct_num_workers=2",))
    )
    deployment = runner_utils.extract_local_deployment_config(pipeline)
    nodes = [node.pipeline_node.node_info.id for node in pipeline.nodes]
    specs = {node: runner_utils.extract_executor_spec(deployment, node) for node in nodes}
    on_beam = [node for node, spec in specs.items() if hasattr(spec, "beam_pipeline_args")]
    assert on_beam == list(BEAM_NODES)


@pytest.mark.parametrize("option", ["runner=FlinkRunner", "--", "Flink"])
def test_an_option_is_one_word_with_two_dashes(option):
    with pytest.raises(BeamError, match=f"--beam-arg=--runner=.*Received: '{option}'"):
        beam_args([option])


def test_processes_on_this_machine_are_not_offered():
    with pytest.raises(BeamError, match=r"in threads.*Received: 'multi_processing'"):
        beam_args(["--direct_running_mode=multi_processing"])
    assert beam_args(["--direct_running_mode=in_memory"])


def test_an_engine_is_checked():
    with pytest.raises(BeamError, match=r"no runner 'FlinkRuner'.*FlinkRunner"):
        beam_args(["--runner=FlinkRuner"])


def test_unchecked_options_are_those_that_are_given():
    options = ["--runner=NoRunner", "--job_endpoint=nowhere:1"]
    assert beam_args(options, check=False)[:2] == tuple(options)
    assert beam_args(["--direct_num_workers=2"], check=False) == beam_args(
        ["--direct_num_workers=2"]
    )
