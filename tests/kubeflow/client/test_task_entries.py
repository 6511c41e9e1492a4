"""The tasks of a run as two versions of Kubeflow Pipelines list them."""

from kubeflow.client.task_entries import read_entries
from tests.doubles.kfp_api_state import container, task

START, END = "2026-11-28T05:00:00Z", "2026-11-28T05:01:00Z"


def details(*entries):
    return {"run_details": {"task_details": list(entries)}}


def test_the_pod_of_a_task_is_that_of_its_executor():
    # A child is `workflow-hash`, its pod `workflow-template-hash`.
    (entry,) = read_entries(
        details(*container("trainer", "RUNNING", "chest-x2k4z-system-container-impl-77"))
    )
    assert entry.pod == "chest-x2k4z-system-container-impl-77"
    assert entry.driver == "chest-x2k4z-driver-771"
    assert (entry.name, entry.state, entry.attempts) == ("trainer", "RUNNING", 1)


def test_of_several_attempts_it_is_the_latest_pod():
    entries = [
        task("trainer", "RUNNING", pod_name="chest-1"),
        task("trainer(0)", "FAILED", pod_name="c-2", child_tasks=[{"pod_name": "chest-10"}]),
        task("trainer(1)", "RUNNING", pod_name="c-3", child_tasks=[{"pod_name": "chest-20"}]),
        task("executor", "RUNNING", pod_name="chest-impl-20", start_time=END),
        task("executor", "FAILED", pod_name="chest-impl-10", start_time=START),
    ]
    (entry,) = read_entries(details(*entries))
    assert (entry.attempts, entry.pod, entry.state) == (2, "chest-impl-20", "RUNNING")


def test_an_executor_that_may_be_retried_is_a_wrapper_too():
    entries = [
        task("trainer", "RUNNING", pod_name="c-1", child_tasks=[{"pod_name": "chest-10"}]),
        task("executor", "RUNNING", pod_name="c-10", child_tasks=[{"pod_name": "chest-20"}]),
        task("executor(0)", "RUNNING", pod_name="chest-impl-20"),
    ]
    (entry,) = read_entries(details(*entries))
    assert entry.pod == "chest-impl-20"


def test_an_error_of_the_executor_belongs_to_its_task():
    parts = container("trainer", "FAILED", "chest-system-container-impl-77")
    parts[-1]["state_history"] = [{"error": {"message": "OOMKilled"}}]
    (entry,) = read_entries(details(*parts))
    assert entry.error == "OOMKilled"


def test_a_pipeline_without_tasks_has_none():
    assert read_entries({}) == [] == read_entries({"run_details": {}})


def test_the_tasks_of_kubeflow_pipelines_3():
    pods = [
        {"name": "chest-driver-1", "type": "DRIVER"},
        {"name": "chest-impl-1", "type": "EXECUTOR"},
        {"name": "chest-impl-2", "type": "EXECUTOR"},
    ]
    trainer = {
        "name": "trainer",
        "display_name": "Trainer",
        "type": "RUNTIME",
        "state": "FAILED",
        "create_time": START,
        "end_time": END,
        "pods": pods,
        "status_metadata": {"message": "out of memory"},
    }
    around = {"name": "condition-1", "type": "CONDITION", "state": "RUNNING"}
    cached = {"name": "transform", "type": "RUNTIME", "state": "CACHED"}
    found, other = read_entries({"tasks": [around, trainer, cached]})
    assert (found.name, found.state, found.attempts) == ("Trainer", "FAILED", 2)
    assert (found.pod, found.driver) == ("chest-impl-2", "chest-driver-1")
    assert found.error == "out of memory" and (found.end - found.begin).seconds == 60
    assert (other.name, other.state, other.attempts) == ("transform", "SUCCEEDED", 0)


def test_a_server_that_lists_no_pods_names_the_children_by_argo():
    # What 2.17.0 listed of a run whose first task waits for a machine.
    children = {
        "quickstart-6fk5m": "1538008585",
        "quickstart-6fk5m(0)": "2085995974",
        "root-driver": "1462928069",
        "root": "1900207556",
        "root(0)": "568232870",
        "retraining-driver": "2261927845",
        "retraining-driver(0)": "1576454725",
        "retraining": "2716664868",
        "retraining(0)": "3146540807",
        "executor": "4211801274",
        "executor(0)": "",
    }
    details = [
        {
            "display_name": name,
            "state": "RUNNING",
            "start_time": "2026-11-28T16:46:08Z",
            "child_tasks": [{"pod_name": f"quickstart-6fk5m-{end}"}] if end else [],
        }
        for name, end in children.items()
    ]
    (entry,) = read_entries({"run_details": {"task_details": details}})
    assert (entry.name, entry.attempts) == ("retraining", 1)
    assert entry.pod == "quickstart-6fk5m-4211801274"
    assert entry.driver == "quickstart-6fk5m-2261927845"
