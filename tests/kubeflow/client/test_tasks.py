"""The list of tasks as Kubeflow Pipelines 2.17 gives it for a compiled package."""

from kubeflow.client.runs import read_run
from kubeflow.client.tasks import has_declined, is_ours, tasks_of
from tests.doubles.kfp_api_state import task


def run(state, *tasks, history=()):
    details = {"task_details": list(tasks)}
    passed = [{"state": one} for one in history]
    return read_run({"state": state, "run_details": details, "state_history": passed})


def retried(name, *states):
    """A node, its driver, Argo's wrapper and an attempt for each state."""
    starts = [
        task(f"{name}({number})", state, start_time=f"2026-11-28T05:0{number}:00Z")
        for number, state in enumerate(states)
    ]
    wrapper = task(name, states[-1], start_time="2026-11-28T05:00:00Z")
    return [task(f"{name}-driver", "SUCCEEDED"), wrapper, *starts]


AROUND = [
    task("chest-x2k4z", "RUNNING", parent_task_id=""),
    task("root-driver", "SUCCEEDED"),
    task("root", "RUNNING"),
    task("root(0)", "RUNNING"),
    task("condition-1-driver", "SUCCEEDED"),
    task("condition-1", "RUNNING"),
    task("condition-1(0)", "RUNNING"),
    task("executor", "SUCCEEDED"),
]


def test_each_node_is_there_once_in_the_order_of_the_dag():
    tasks = tasks_of(
        run(
            "RUNNING",
            *AROUND,
            *retried("trainer", "FAILED", "RUNNING"),
            *retried("image-example-gen", "SUCCEEDED"),
            *retried("retraining", "SUCCEEDED"),
            task("evaluator-driver", "RUNNING"),
        )
    )
    assert [(one.name, one.state) for one in tasks] == [
        ("Retraining", "SUCCEEDED"),
        ("ImageExampleGen", "SUCCEEDED"),
        ("Trainer, 2nd attempt", "RUNNING"),
        ("Evaluator", "PENDING"),
    ]


def test_the_reason_of_a_driver_is_shown_at_its_node():
    error = {"message": "the image can't be pulled"}
    driver = task("trainer-driver", "FAILED", state_history=[{"error": error}])
    (trainer,) = tasks_of(run("FAILED", *AROUND, driver))
    assert (trainer.name, trainer.state) == ("Trainer", "FAILED")
    assert trainer.error == "the image can't be pulled"


def test_a_declined_training_has_one_task():
    parts = [*retried("retraining", "SUCCEEDED"), task("condition-1", "SKIPPED")]
    declined = run("SUCCEEDED", *parts)
    assert [one.name for one in tasks_of(declined)] == ["Retraining"]
    assert has_declined(declined) and not has_declined(run("FAILED", *parts))
    assert not has_declined(run("SUCCEEDED", *parts, *retried("trainer", "SUCCEEDED")))


def test_a_stopped_run_has_not_failed():
    stopped = run(
        "FAILED",
        *retried("image-example-gen", "SUCCEEDED"),
        *retried("transform", "FAILED"),
        task("trainer", "PENDING"),
        history=("RUNNING", "CANCELING", "FAILED"),
    )
    assert stopped.state == "STOPPED"
    assert [(one.node, one.state, one.error) for one in tasks_of(stopped)] == [
        ("ImageExampleGen", "SUCCEEDED", ""),
        ("Transform", "STOPPED", ""),
    ]


def test_a_pipeline_of_another_kind_is_shown_as_it_is():
    other = run(
        "SUCCEEDED",
        task("train", "SUCCEEDED", start_time="2026-11-28T05:02:00Z"),
        task("load", "SUCCEEDED", start_time="2026-11-28T05:01:00Z"),
    )
    assert [one.name for one in tasks_of(other)] == ["load", "train"]
    assert not is_ours(other) and is_ours(run("RUNNING", *retried("trainer", "RUNNING")))
