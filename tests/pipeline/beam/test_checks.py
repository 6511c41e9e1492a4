import shutil
import socket
import sys

import pytest

from pipeline.beam import checks
from pipeline.beam.checks import check_engine, is_local
from pipeline.beam.errors import BeamError


@pytest.fixture
def server():
    """A port that accepts connections, as HOST:PORT."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"localhost:{listening.getsockname()[1]}"


def options(runner: str, **more: str) -> dict[str, str]:
    return {"--runner": runner, **{f"--{name}": value for name, value in more.items()}}


@pytest.mark.parametrize("address", ["flink", "flink:", "flink:http"])
def test_a_job_server_has_a_host_and_a_port(address):
    with pytest.raises(BeamError, match="It is HOST:PORT"):
        check_engine(options("PortableRunner", job_endpoint=address))


def test_a_job_server_that_is_not_there(server):
    away = "localhost:1"
    with pytest.raises(BeamError, match=f"No job server of Beam at --job_endpoint={away}.*refused"):
        check_engine(options("PortableRunner", job_endpoint=away))


def test_a_portable_runner_needs_a_job_server():
    with pytest.raises(BeamError, match="--job_endpoint=HOST:PORT"):
        check_engine(options("PortableRunner"))


def test_a_runner_without_java(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(BeamError, match=r"Java.*PortableRunner.*--job_endpoint"):
        check_engine(options("FlinkRunner"))


@pytest.mark.parametrize("runner", ["FlinkRunner", "SparkRunner"])
def test_a_runner_without_its_jar(runner, tmp_path):
    name = runner.removesuffix("Runner").lower()
    missing = {f"{name}_job_server_jar": str(tmp_path / "no.jar")}
    java = {"job_server_java_launcher": sys.executable}
    with pytest.raises(BeamError, match=f"jar of {runner}.*--{name}_job_server_jar=FILE"):
        check_engine(options(runner, **missing, **java))


def test_workers_in_the_image_of_beam_lack_medtfx(server):
    with pytest.raises(BeamError, match=r"Beam's own container image.*--environment_type=EXTERNAL"):
        check_engine(options("PortableRunner", job_endpoint=server))


def test_containers_need_an_image(server):
    given = options("PortableRunner", job_endpoint=server, environment_type="DOCKER")
    with pytest.raises(BeamError, match="--environment_config=IMAGE"):
        check_engine(given)
    check_engine({**given, "--environment_config": "medtfx:1"})


def test_workers_of_dataflow_need_an_image():
    with pytest.raises(BeamError, match="--sdk_container_image=IMAGE"):
        check_engine(options("DataflowRunner"))


def pool_at(address: str, server: str) -> dict[str, str]:
    return options(
        "PortableRunner",
        job_endpoint=server,
        environment_type="EXTERNAL",
        environment_config=address,
    )


def test_a_pool_that_is_not_there(server, monkeypatch):
    given = pool_at("localhost:1", server)
    with pytest.raises(BeamError, match=r"No pool of workers at --environment_config=localhost:1"):
        check_engine(given)
    monkeypatch.setenv("MEDTFX_BEAM_POOL_CHECK", "off")
    check_engine(given)


def test_a_pool_beside_the_workers_of_an_engine_elsewhere_is_left_to_a_job(monkeypatch):
    monkeypatch.setattr(checks, "_check_job_server", lambda address: None)
    assert check_engine(pool_at("localhost:1", "flink.example:8099"))


def test_what_runs_in_this_process_needs_nothing():
    assert not check_engine(options("DirectRunner"))


@pytest.mark.parametrize(
    ("address", "local"),
    [("localhost:1", True), ("127.0.0.2:1", True), ("[::1]:1", True), ("10.0.0.1:1", False)],
)
def test_which_addresses_are_this_machine(address, local):
    assert is_local(address) is local
