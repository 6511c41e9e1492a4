import shutil
import socket

import pytest

from components.nodes import BEAM_NODES
from pipeline.beam.arguments import BEAM_ARGS, BeamError, beam_args
from pipeline.paths import PipelinePaths
from pipeline.recipes.loader import load_recipe


def test_this_process_by_default():
    assert beam_args([]) == BEAM_ARGS


def test_what_is_given_without_a_runner_goes_to_this_machine_s():
    given = "--direct_num_workers=4"
    assert beam_args([given]) == (given, "--sdk_container_image=none")


def test_another_runner_gets_its_own_options_alone():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        given = ("--runner=PortableRunner", f"--job_endpoint={address}")
        assert beam_args(given) == given
    with pytest.raises(
        BeamError, match=f"No job server of Beam at --job_endpoint={address}.*refused"
    ):
        beam_args(given)


@pytest.mark.parametrize("address", ["flink", "flink:", "flink:http"])
def test_a_job_server_has_a_host_and_a_port(address):
    with pytest.raises(BeamError, match="It is HOST:PORT"):
        beam_args(["--runner=PortableRunner", f"--job_endpoint={address}"])


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


def test_an_unknown_runner_is_refused():
    with pytest.raises(BeamError, match=r"no runner 'FlinkRuner'.*FlinkRunner"):
        beam_args(["--runner=FlinkRuner"])


def test_a_runner_that_needs_java_says_so(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BeamError, match=r"Java.*PortableRunner.*--job_endpoint"):
        beam_args(["--runner=FlinkRunner"])


def test_unchecked_options_are_those_that_are_given():
    options = ["--runner=NoRunner", "--job_endpoint=nowhere:1"]
    assert beam_args(options, check=False) == tuple(options)
    assert beam_args(["--direct_num_workers=2"], check=False) == beam_args(
        ["--direct_num_workers=2"]
    )
