import pytest

from kubeflow.client.runs import get, is_finished, read_run, seconds_of_run


@pytest.mark.parametrize(
    ("state", "history", "shown"),
    [
        (None, [], "PENDING"),
        ("RUNTIME_STATE_UNSPECIFIED", [], "PENDING"),
        ("FAILED", ["RUNNING", "FAILED"], "FAILED"),
        ("FAILED", ["RUNNING", "CANCELING", "FAILED"], "STOPPED"),
        ("CANCELED", [], "STOPPED"),
        ("CANCELING", ["CANCELING"], "STOPPING"),
    ],
)
def test_a_run_that_was_stopped_has_not_failed(state, history, shown):
    run = read_run({"state": state, "state_history": [{"state": one} for one in history]})
    assert run.state == shown
    assert is_finished(run) == (shown in ("FAILED", "STOPPED"))


def test_what_a_run_took():
    times = {"created_at": "2026-11-28T05:37:40Z", "finished_at": "2026-11-28T05:50:41Z"}
    assert seconds_of_run(read_run(times)) == 781
    running = seconds_of_run(read_run({"created_at": times["created_at"]}))
    assert running is not None and running >= 0


def test_kubeflow_pipelines_3_is_asked_for_the_tasks(server, kubeflow, package, connection):
    kubeflow("submit", package, "--param", "data=/films")
    (run,) = server.runs
    run |= {"task_count": 1, "tasks": [{"name": "t", "display_name": "Trainer", "type": "RUNTIME"}]}
    assert [entry.name for entry in get(connection, run["run_id"]).tasks] == ["Trainer"]
