import pytest

from kubeflow.client.run_status import StatusReader, states_of_nodes
from kubeflow.client.runs import get
from kubeflow.results import Result
from tests.doubles.argo_nodes import Workflow, container, pod_log, pod_of
from tests.doubles.kubernetes_api import kubernetes_api
from tests.kubeflow.client.test_recorded import record

POD = pod_of("evaluator")
STAMP = "2026-11-28 05:37:40,123"


@pytest.fixture
def status(server, kubeflow, package, connection):
    """Submits a run that gets to a state, and reads it."""

    def read(state, *tasks):
        kubeflow("submit", package, "--param", "data=/films")
        run_id = server.runs[0]["run_id"]
        server.change(run_id, state, *tasks)
        run = get(connection, run_id)
        return StatusReader(connection, run).read(run)

    return read


@pytest.mark.parametrize(
    ("state", "log", "states"),
    [
        ("SUCCEEDED", "", ["SUCCEEDED", "SUCCEEDED", "SUCCEEDED"]),
        ("RUNNING", "", ["", "", ""]),
        ("RUNNING", f"{STAMP} A starts, after 4 s", ["RUNNING", "", ""]),
        (
            "FAILED",
            f"{STAMP} A took 4.1 s\n{STAMP} B is taken from the cache\n{STAMP} C starts\n",
            ["SUCCEEDED 4.1 s", "SUCCEEDED from the cache", "FAILED"],
        ),
    ],
)
def test_the_nodes_of_a_stage(state, log, states):
    assert list(states_of_nodes(("A", "B", "C"), state, log).values()) == states


def test_ml_metadata_has_precedence_and_is_named(server, status, connection, tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path}/metadata.sqlite"
    monkeypatch.setenv("MEDTFX_MLMD", address)
    server.logs[POD] = f"{STAMP} Verdict: Blessed.\n{STAMP} Report: /report.html\n"
    found = status("RUNNING", *container("evaluator", "SUCCEEDED"))
    assert found.results[Result.VERDICT].source == "log of Evaluator"
    record(address, found.run.run_id, verdict="Blessed. Pushed.")
    found = StatusReader(connection, found.run).read(found.run)
    assert found.results[Result.VERDICT].text == "Blessed. Pushed."
    assert found.results[Result.VERDICT].source == "ML Metadata"
    assert found.results[Result.REPORT].source == "log of Evaluator"


def test_an_ml_metadata_that_does_not_answer_is_a_note(server, status, monkeypatch):
    monkeypatch.setenv("MEDTFX_MLMD", "mysql://nobody@127.0.0.1:1/none")
    server.logs[POD] = f"{STAMP} Verdict: Blessed.\n"
    found = status("RUNNING", *container("evaluator", "SUCCEEDED"))
    assert "can't be used" in found.note
    assert found.results[Result.VERDICT].text == "Blessed."


def test_a_failed_driver_is_shown_with_its_last_words(server, status):
    workflow = Workflow()
    workflow.set("root(0)", "trainer-driver(0)", state="FAILED")
    server.logs[workflow.id_of("root(0)", "trainer-driver(0)")] = pod_log(
        "F1128 16:52:04.817075      14 main.go:59] KFP driver: no volume `work`\n", failed=False
    )
    found = status("FAILED", *workflow.listed())
    assert found.reasons == {"Trainer": "KFP driver: no volume `work`"}
    assert found.never_began == ("Evaluator", "ServingValidator")


def test_a_failed_node_is_shown_with_its_own_sentence(server, status):
    server.logs[pod_of("trainer")] = pod_log(f"{STAMP} Error: the disk is full\n", True)
    found = status("FAILED", *container("trainer", "FAILED"))
    assert found.reasons == {"Trainer": "the disk is full"}


def test_a_log_that_comes_late_or_of_a_retry_is_read_again(server, status, connection):
    failed = container("trainer", "FAILED")
    found = status("RUNNING", *failed)
    reader = StatusReader(connection, found.run)
    assert reader.read(found.run).reasons == {}
    for seconds, error in ((20, "the first"), (30, "the second")):
        for entry in failed:
            entry["end_time"] = f"2026-11-20T12:00:{seconds}Z"
        server.change(found.run.run_id, "FAILED", *failed)
        server.logs[pod_of("trainer")] = f"{STAMP} Error: {error}\n"
        assert reader.read(get(connection, found.run.run_id)).reasons == {"Trainer": error}


def test_kubernetes_has_the_log_of_a_pod_that_runs(status, connection, tmp_path, monkeypatch):
    found = status("RUNNING", *container("evaluator", "RUNNING"))
    assert found.is_silent
    workflow, _, end = pod_of("evaluator").rpartition("-")
    pod = {
        "metadata": {
            "name": f"{workflow}-impl-{end}",
            "labels": {"pipeline/runid": found.run.run_id},
        },
        "status": {"containerStatuses": [{"name": "main", "state": {"running": {}}}]},
    }
    with kubernetes_api(tmp_path, {"kubeflow": [pod]}, []) as config:
        monkeypatch.setenv("KUBECONFIG", str(config))
        read = StatusReader(connection, found.run).read(found.run)
    assert not read.is_silent
    assert read.nodes == {"Evaluator": {"Evaluator": "RUNNING", "ServingValidator": ""}}
