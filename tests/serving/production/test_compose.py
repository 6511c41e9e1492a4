import subprocess

import pytest
import yaml

from serving.production.compose import compose, health_check
from serving.production.flags import server_flags
from serving.production.writing import write_serving_config
from tests.command_line import options_of


@pytest.fixture
def services(plan):
    return compose(plan(gpu=2))["services"]


def test_cpu_or_gpu(services):
    assert [services[name]["profiles"] for name in services] == [["cpu"], ["gpu"], ["page"]]
    (device,) = services["serving-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 2, "capabilities": ["gpu"]}
    assert "deploy" not in services["serving"]


def test_nobody_else_reaches_a_port(services):
    for service in services.values():
        assert service["ports"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_the_files_of_the_flags_are_mounted_and_nothing_is_writable(plan, services, tmp_path):
    write_serving_config(plan(models=tmp_path), tmp_path / "out")
    written = yaml.safe_load((tmp_path / "out" / "compose.yaml").read_text())
    for service in (written["services"]["serving"], services["serving-gpu"]):
        mounts = {volume["target"]: volume for volume in service["volumes"]}
        assert set(mounts) == {"/config", "/models"}
        assert service["read_only"] and all(mount["read_only"] for mount in mounts.values())
        files = [flag.split("=")[1] for flag in server_flags(1) if "_file=" in flag]
        assert len(files) == 3
        for file in files:
            assert (
                tmp_path / "out" / mounts["/config"]["source"] / file.rpartition("/")[2]
            ).is_file()
    assert mounts["/models"]["source"].startswith("${MODELS:-/")


def test_every_service_may_do_little_and_take_little(services):
    for service in services.values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["pids_limit"] and service["cpus"] and service["mem_limit"]
        (scratch,) = service["tmpfs"]
        assert "size=" in scratch and "noexec" in scratch


@pytest.mark.parametrize(
    ("memory", "number"),
    [("4Gi", 4 * 1024**3), ("512Mi", 512 * 1024**2), ("32G", 32_000_000_000), ("1000", 1000)],
)
def test_a_server_has_the_limits_of_the_recipe(plan, memory, number):
    service = compose(plan(cpu="500m", memory=memory))["services"]["serving"]
    assert (service["cpus"], service["mem_limit"]) == (0.5, number)
    assert "--tensorflow_session_parallelism=1" in service["command"]


def test_a_bucket_needs_its_key(plan):
    service = compose(plan(storage="gs://bucket/models"))["services"]["serving"]
    (_, key) = service["volumes"]
    assert key["source"].startswith("${GOOGLE_APPLICATION_CREDENTIALS:?")
    assert service["environment"] == {"GOOGLE_APPLICATION_CREDENTIALS": key["target"]}


def test_the_page_asks_the_server_that_runs(services):
    address = services["page"]["command"][services["page"]["command"].index("--server") + 1]
    name, port = address.split(":")
    for service in (services["serving"], services["serving-gpu"]):
        assert name in service["networks"]["default"]["aliases"]
        assert f"--port={port}" in service["command"]


def test_the_page_understands_its_arguments(services):
    assert options_of(*services["page"]["command"])["server"] == "model-server:8500"


def test_without_an_image_there_is_no_page(plan):
    from dataclasses import replace

    file = compose(replace(plan(), app_image=None))
    assert "page" not in file["services"] and "volumes" not in file


@pytest.mark.parametrize(("model", "healthy"), [("tiny", True), ("other", False)])
def test_the_health_check_asks_a_running_server(plan, server, model, healthy):
    done = subprocess.run(health_check(plan(model), server.rest_port), timeout=20, check=False)
    assert (done.returncode == 0) == healthy


def test_nobody_answers_the_health_check(plan):
    done = subprocess.run(health_check(plan(), 1), capture_output=True, timeout=20, check=False)
    assert done.returncode
