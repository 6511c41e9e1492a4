import pytest

from kubeflow.client.logs import TaskLog, read_log


@pytest.fixture
def run_id(server, kubeflow, package):
    kubeflow("submit", package, "--param", "data=/films")
    return server.runs[0]["run_id"]


def test_the_log_of_a_pod(server, connection, run_id):
    server.logs["chest-1"] = "2026-11-28 ü\n{}\n"
    assert read_log(connection, run_id, "chest-1") == TaskLog("2026-11-28 ü\n{}\n")


def test_a_pod_that_runs_is_known_by_its_name_alone(server, connection, run_id):
    server.logs["chest-x2k4z-retry-system-container-impl-77"] = "Trainer starts\n"
    log = read_log(connection, run_id, "chest-x2k4z-77")
    assert log == TaskLog("Trainer starts\n")


def test_a_pod_that_is_gone_has_none(connection, run_id):
    assert read_log(connection, run_id, "chest-1") == TaskLog()
    assert read_log(connection, run_id, "") == TaskLog()


def test_a_server_without_logs_is_no_error(connection, run_id):
    assert read_log(connection, "of-no-run", "chest-1") == TaskLog()


def test_a_container_that_waits_says_why(server, connection, run_id):
    server.waiting["chest-1"] = "trying and failing to pull image"
    log = read_log(connection, run_id, "chest-1")
    assert log == TaskLog("", "trying and failing to pull image")
