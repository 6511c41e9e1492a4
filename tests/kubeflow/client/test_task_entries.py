"""The tasks of a run as two versions of Kubeflow Pipelines list them."""

from kubeflow.client.task_entries import node_id, read_entries
from tests.doubles.argo_nodes import Workflow, container, pod_of

START, END = "2026-11-28T05:00:00Z", "2026-11-28T05:01:00Z"


def details(*entries):
    return {"run_details": {"task_details": list(entries)}}


def test_the_pods_of_a_task_are_known_by_argo_s_ids():
    (entry,) = read_entries(details(*container("trainer", "RUNNING")))
    assert (entry.name, entry.state, entry.attempts) == ("trainer", "RUNNING", 1)
    assert entry.pod == pod_of("trainer")
    assert entry.driver == Workflow().id_of("root(0)", "trainer-driver(0)")


def test_of_several_attempts_it_is_the_latest_pod():
    (entry,) = read_entries(details(*container("trainer", "RUNNING", attempts=11)))
    assert (entry.attempts, entry.pod) == (11, pod_of("trainer", 10))


def test_another_pod_of_the_same_attempt_counts_as_one():
    # As 2.17.0 listed a Trainer whose pod was deleted, at another time than that below.
    *others, attempt = container("trainer", "SUCCEEDED")
    passed = ["PENDING", "RUNNING", "FAILED", "RUNNING", "SUCCEEDED"]
    attempt["state_history"] = [{"state": state} for state in passed]
    assert attempt["display_name"] == "executor(0)"
    (entry,) = read_entries(details(*others, attempt))
    assert (entry.attempts, entry.pod) == (2, pod_of("trainer"))


def test_a_task_whose_driver_is_at_work_waits():
    workflow = Workflow()
    workflow.set("root(0)", "trainer-driver(0)", state="RUNNING")
    (entry,) = read_entries(details(*workflow.listed()))
    assert (entry.name, entry.state, entry.attempts) == ("trainer", "PENDING", 0)
    assert entry.driver and not entry.pod


def test_a_server_without_retries_of_its_own_lists_no_wrappers():
    workflow = "chest-x2k4z"
    paths = ["", ".root-driver", ".root", ".root.trainer-driver", ".root.trainer"]
    paths += [".root.trainer.executor", ".root.trainer.executor(0)"]
    children = [{"pod_name": node_id(workflow, workflow + path)} for path in paths[1:]]
    names = [path.rpartition(".")[2] or workflow for path in paths]
    listed = [{"display_name": name, "child_tasks": children} for name in names]
    (entry,) = read_entries(details(*listed))
    assert entry.pod == children[-1]["pod_name"] and entry.driver == children[2]["pod_name"]


def test_a_run_begins_with_its_workflow_alone():
    assert read_entries(details({"display_name": "chest-x2k4z", "state": "RUNNING"})) == []


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


def test_what_a_server_listed():
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
