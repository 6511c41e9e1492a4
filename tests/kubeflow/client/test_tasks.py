"""The list of tasks as Kubeflow Pipelines 2.17 gives it for a compiled package."""

from kubeflow.client.runs import read_run
from kubeflow.client.tasks import has_declined, is_ours, tasks_of
from tests.doubles.argo_nodes import Workflow


def run(state, *tasks, history=()):
    details = {"task_details": list(tasks)}
    passed = [{"state": one} for one in history]
    return read_run({"state": state, "run_details": details, "state_history": passed})


def workflow(condition=None, **tasks):
    """The nodes of a workflow: its tasks, each with the states of its attempts."""
    made = Workflow()
    made.set("root(0)", "condition-1-driver(0)", state="SUCCEEDED")
    if condition:
        made.set("root(0)", "condition-1", state=condition)
    for name, states in tasks.items():
        task = name.replace("_", "-")
        group = ("root(0)",) if task == "retraining" else ("root(0)", "condition-1(0)")
        made.set(*group, f"{task}-driver(0)", state="SUCCEEDED" if states else "RUNNING")
        for attempt, state in enumerate(states):
            made.set(*group, f"{task}(0)", f"executor({attempt})", state=state)
            made.set(*group, f"{task}(0)", state=state)
    return made.listed()


def test_each_node_is_there_once_in_the_order_of_the_dag():
    listed = workflow(
        trainer=["FAILED", "RUNNING"],
        image_example_gen=["SUCCEEDED"],
        retraining=["SUCCEEDED"],
        evaluator=[],
    )
    assert [(one.name, one.state) for one in tasks_of(run("RUNNING", *listed))] == [
        ("Retraining", "SUCCEEDED"),
        ("ImageExampleGen", "SUCCEEDED"),
        ("Trainer, 2nd attempt", "RUNNING"),
        ("Evaluator", "PENDING"),
    ]


def test_a_declined_training_has_one_task():
    listed = workflow(condition="SKIPPED", retraining=["SUCCEEDED"])
    declined = run("SUCCEEDED", *listed)
    assert [one.name for one in tasks_of(declined)] == ["Retraining"]
    assert has_declined(declined) and not has_declined(run("FAILED", *listed))
    trained = workflow(retraining=["SUCCEEDED"], trainer=["SUCCEEDED"])
    assert not has_declined(run("SUCCEEDED", *trained))


def test_a_stopped_run_has_not_failed():
    listed = workflow(image_example_gen=["SUCCEEDED"], transform=["FAILED"], trainer=[])
    stopped = run("FAILED", *listed, history=("RUNNING", "CANCELING", "FAILED"))
    assert stopped.state == "STOPPED"
    assert [(one.node, one.state) for one in tasks_of(stopped)] == [
        ("ImageExampleGen", "SUCCEEDED"),
        ("Transform", "STOPPED"),
    ]


def test_a_pipeline_of_another_kind_is_shown_as_it_is():
    other = Workflow()
    for name, minute in (("train", 2), ("load", 1)):
        start = f"2026-11-28T05:0{minute}:00Z"
        other.set("root(0)", f"{name}(0)", state="SUCCEEDED", start_time=start)
    found = run("SUCCEEDED", *other.listed())
    assert [one.name for one in tasks_of(found)] == ["load", "train"]
    assert not is_ours(found) and is_ours(run("RUNNING", *workflow(trainer=["RUNNING"])))
