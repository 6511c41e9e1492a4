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


def from_2_17_0(children):
    """Returns what the server lists: an entry for each name, with the hashes of its children."""
    listed = [
        {
            "display_name": name,
            "state": "RUNNING",
            "start_time": START,
            "child_tasks": [{"pod_name": f"quickstart-gl46t-{end}"} for end in ends.split()],
        }
        for name, ends in children
    ]
    return details(*listed)


def test_a_server_that_lists_no_pods_names_the_children_by_argo():
    # As 2.17.0 listed a run whose Trainer was deleted once, with two of its tasks.
    listed = from_2_17_0(
        [
            ("quickstart-gl46t", "301876969"),
            ("quickstart-gl46t(0)", "4090887206"),
            ("root", "3264638116"),
            ("root(0)", "1877806470"),
            ("retraining", "3568942468"),
            ("retraining(0)", "108209639 819195330"),
            ("executor", "139310234"),
            ("executor(0)", ""),
            ("condition-1", "177577088"),
            ("condition-1(0)", "3506844172"),
            ("trainer-driver", "342683355"),
            ("trainer-driver(0)", "2128486239"),
            ("trainer", "3374633698"),
            ("trainer(0)", "62832297"),
            ("executor", "1428409744 1092710269"),
            ("executor(0)", ""),
            ("executor(1)", ""),
        ]
    )
    retraining, trainer = read_entries(listed)
    assert (retraining.name, retraining.attempts) == ("retraining", 1)
    assert retraining.pod == "quickstart-gl46t-139310234"
    assert (trainer.name, trainer.attempts) == ("trainer", 2)
    assert trainer.pod == "quickstart-gl46t-1092710269"
    assert trainer.driver == "quickstart-gl46t-342683355"
