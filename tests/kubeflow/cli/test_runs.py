"""Submitting and watching, with a server on localhost (its module says why)."""

import threading

import pytest

from kubeflow.cli.options import ConnectionOptions, RunOptions
from kubeflow.cli.runs import start_run
from tests.doubles.argo_nodes import Workflow, container, pod_of
from tests.kubeflow.client.refusals import assert_refused

DATA = ("--param", "data=gs://site/films")


def submit(kubeflow, package, *more):
    code, out, err = kubeflow("submit", package, *DATA, *more)
    assert (code, err) == (0, "")
    return out


def test_a_package_is_uploaded_and_run(server, kubeflow, package):
    out = submit(kubeflow, package, "--param", "rows=7", "--experiment", "trial")
    (pipeline,), (version,), (run,) = server.pipelines, server.versions, server.runs
    assert pipeline["display_name"] == "chest"
    assert set(version["pipeline_spec"]) == {"pipeline_spec", "platform_spec"}
    assert run["pipeline_version_reference"] == {
        "pipeline_id": pipeline["pipeline_id"],
        "pipeline_version_id": version["pipeline_version_id"],
    }
    assert run["runtime_config"]["parameters"] == {"data": "gs://site/films", "rows": 7}
    assert "service_account" not in run
    assert [one["display_name"] for one in server.experiments] == ["trial"]
    assert out.splitlines()[0] == "Uploaded: pipeline chest, version chest"
    assert run["run_id"] in out and f"medtfx kubeflow status {run['run_id'][:8]}" in out


def test_a_run_is_under_a_service_account(server, kubeflow, package):
    submit(kubeflow, package, "--service-account", "medtfx-runner")
    assert server.runs[0]["service_account"] == "medtfx-runner"


def test_the_same_content_is_uploaded_once_and_another_as_a_new_version(server, kubeflow, package):
    submit(kubeflow, package)
    assert submit(kubeflow, package).startswith("Already uploaded: pipeline chest, version chest\n")
    assert len(server.versions) == 1
    first = dict(server.versions[0])
    package.write_text(package.read_text().replace("medtfx:1", "medtfx:2"))
    assert submit(kubeflow, package).startswith("Uploaded: pipeline chest, version 0.1.0-")
    server.largest_page = 1  # what was uploaded is found on any page
    package.write_text(package.read_text().replace("medtfx:2", "medtfx:1"))
    assert submit(kubeflow, package).startswith("Already uploaded")
    assert len(server.versions) == 2 and server.versions[0] == first
    used = [run["pipeline_version_reference"]["pipeline_version_id"] for run in server.runs]
    old, new = (version["pipeline_version_id"] for version in server.versions)
    assert used == [old, old, new, old]
    assert len(server.experiments) == 1


def test_a_wrong_parameter_is_reported_before_anything_is_sent(server, kubeflow, package):
    assert_refused(kubeflow("submit", package, *DATA, "--param", "row=7"), "Did you mean 'rows'?")
    assert server.requests == []


def test_what_the_server_says_of_a_package_is_passed_on(server, kubeflow, package):
    package.write_text(package.read_text().replace("'site/medtfx:1'", "system.runtime/broken"))
    code, _, err = kubeflow("submit", package, *DATA)
    assert code == 1
    assert "would not upload the pipeline (400): InvalidInputError: unknown template format" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.yaml", None, "There is no file"),
        ("old.yaml", "kind: Workflow\n", "a package of the first Kubeflow Pipelines"),
        ("chest.zip", "", "unpack"),
        ("quickstat", None, "Did you mean 'quickstart'?"),
    ],
)
def test_what_is_no_package_is_an_error(server, kubeflow, tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_text(content)
    source = tmp_path / name if "." in name else name
    assert_refused(kubeflow("submit", source), reason)
    assert server.requests == []


def test_runs_are_listed_newest_first(server, kubeflow, package):
    assert kubeflow("runs")[1] == "No runs.\n"
    for _ in range(3):
        submit(kubeflow, package)
    server.largest_page = 2
    server.change(server.runs[0]["run_id"], "SUCCEEDED", finished_at="2026-11-20T14:10:07Z")
    lines = kubeflow("runs")[1].splitlines()
    assert lines[0].split() == ["run", "state", "started", "took", "name", "outcome"]
    shown = [line.split()[0] for line in lines[1:]]
    assert shown == [run["run_id"][:8] for run in reversed(server.runs)]
    assert "2 h 10 min" in lines[3] and "SUCCEEDED" in lines[3]
    assert len(kubeflow("runs", "--limit", 1)[1].splitlines()) == 2


def failed_training():
    workflow = Workflow()
    times = {"start_time": "2026-11-20T12:00:10Z", "end_time": "2026-11-20T12:00:52Z"}
    workflow.set("root(0)", "image-example-gen(0)", state="SUCCEEDED", **times)
    workflow.set("root(0)", "trainer(0)", "executor(0)", state="FAILED")
    times = {"start_time": "2026-11-20T12:01:00Z", "end_time": "2026-11-20T12:04:05Z"}
    workflow.set("root(0)", "trainer(0)", state="FAILED", **times)
    return workflow.listed()


def test_status_shows_the_nodes_and_what_went_wrong(server, kubeflow, package):
    submit(kubeflow, package)
    run_id = server.runs[0]["run_id"]
    server.logs[pod_of("trainer")] = "2026-11-28 05:40:09,005 Error: the disk is full\n"
    server.change(run_id, "FAILED", *failed_training(), finished_at="2026-11-20T12:05:00Z")
    for wanted in (run_id, run_id[:6], server.runs[0]["display_name"], "chest"):
        code, out, _ = kubeflow("status", wanted)
        assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "FAILED, started" in lines[0]
    assert lines[1:4] == [
        "ImageExampleGen SUCCEEDED 42 s",
        "Trainer FAILED 3 min 5 s the disk is full",
        "Never began: Evaluator, ServingValidator.",
    ]
    assert lines[4].startswith("Logs: kubectl logs -n kubeflow -l pipeline/runid=" + run_id)
    assert len(lines) == 5


def test_status_of_an_unknown_run_names_the_latest(server, kubeflow, package):
    submit(kubeflow, package)
    words = "There is no run 'lungs'. The latest runs: 'chest "
    assert_refused(kubeflow("status", "lungs"), words)
    missing = "00000000-0000-4000-8000-000000000000"
    code, _, err = kubeflow("status", missing)
    assert code == 1 and f"would not show the run {missing} (404): ResourceNotFound" in err


# === What a run came to ===

REFUSED = """2026-11-28 05:40:01,001 Evaluator took 7.1 s
2026-11-28 05:40:02,002 Verdict: NOT blessed: COVID recall 0.60 is below its floor of 0.70.
2026-11-28 05:40:02,002 Worst class: COVID, recall 0.60, floor 0.70
2026-11-28 05:40:02,003 ServingValidator starts
2026-11-28 05:40:09,004 ServingValidator is taken from the cache
2026-11-28 05:40:09,005 Outcome: not pushed
2026-11-28 05:40:09,006 Report: /volume/medtfx/report/report.html
"""


def finish(server, state, *tasks):
    run_id = server.runs[-1]["run_id"]
    server.change(run_id, state, *tasks, finished_at="2026-11-20T12:05:00Z")
    return run_id


def test_status_shows_the_nodes_of_a_stage_and_the_verdict(server, kubeflow, package):
    submit(kubeflow, package)
    server.logs[pod_of("evaluator")] = REFUSED
    finish(server, "SUCCEEDED", *container("evaluator", "SUCCEEDED"))
    out = kubeflow("status", "chest")[1]
    lines = [" ".join(line.split()) for line in out.splitlines()][1:]
    assert lines[0].startswith("Evaluator SUCCEEDED ")
    assert lines[1:] == [
        "Evaluator SUCCEEDED 7.1 s",
        "ServingValidator SUCCEEDED from the cache",
        "Never began: Trainer.",
        "Verdict: NOT blessed: COVID recall 0.60 is below its floor of 0.70. (log of Evaluator)",
        "Worst class: COVID, recall 0.60, floor 0.70 (log of Evaluator)",
        "Outcome: not pushed (log of Evaluator)",
        "Report: /volume/medtfx/report/report.html (log of Evaluator)",
    ]
    assert (
        kubeflow("runs")[1].splitlines()[1].endswith("not pushed; COVID, recall 0.60, floor 0.70")
    )


def test_a_pod_that_waits_is_shown_with_its_reason(server, kubeflow, package):
    submit(kubeflow, package)
    run_id = server.runs[0]["run_id"]
    server.change(run_id, "RUNNING", *container("trainer", "RUNNING"))
    assert (
        f"kubectl describe pods -n kubeflow -l pipeline/runid={run_id}"
        in kubeflow("status", "chest")[1]
    )
    server.waiting[pod_of("trainer")] = "trying and failing to pull image"
    out = kubeflow("status", "chest")[1]
    assert "trying and failing to pull image" in out and "describe" not in out


ENDS = [
    ("SUCCEEDED", "evaluator", REFUSED, 3),
    ("FAILED", "evaluator", REFUSED, 3),  # with `gate_failure: fail`
    ("SUCCEEDED", "evaluator", "2026-11-28 05:40:09,005 Outcome: pushed", 0),
    ("SUCCEEDED", "evaluator", "2026-11-28 05:40:09,005 Outcome: waits for approval", 5),
    ("SUCCEEDED", "retraining", "2026-11-28 05:40:09,005 Decision: Declined: 3 new.", 4),
    ("FAILED", "trainer", "2026-11-28 05:40:09,005 Error: the disk is full", 1),
    ("SUCCEEDED", "some-other", "", 0),  # of a pipeline that is not ours
]


@pytest.mark.parametrize(("state", "node", "log", "code"), ENDS)
def test_watching_ends_as_medtfx_run_does(server, kubeflow, package, state, node, log, code):
    submit(kubeflow, package)
    server.logs[pod_of(node)] = log
    run_id = finish(server, state, *container(node, state))
    found, out, err = kubeflow("status", run_id, "--watch")
    assert (found, err) == (code, "")
    assert (log.rpartition(": ")[2].strip() or node) in out


def test_a_verdict_that_can_t_be_read_is_no_success(server, kubeflow, package):
    submit(kubeflow, package)
    run_id = finish(server, "SUCCEEDED", *container("evaluator", "SUCCEEDED"))
    code, _, err = kubeflow("status", run_id, "--watch")
    assert code == 1 and "its log is gone" in err and "MEDTFX_MLMD" in err
    assert kubeflow("runs")[1].splitlines()[1].split()[-1] == "-"


def test_watching_prints_each_change_until_the_end(server, kubeflow, package):
    submit(kubeflow, package)
    run_id = server.runs[0]["run_id"]
    server.change(run_id, "RUNNING", *container("trainer", "RUNNING"))
    looked = threading.Event()

    class Watched(list):
        def append(self, request):
            super().append(request)
            if sum(run_id in path for _, path, _ in self) >= 3:
                looked.set()

    server.requests = Watched(server.requests)

    def end():
        looked.wait(60)
        server.change(run_id, "FAILED", *container("trainer", "FAILED"))

    cluster = threading.Thread(target=end)
    cluster.start()
    found, out, _ = kubeflow("status", run_id, "--watch", "--interval", 0.02)
    cluster.join()
    assert found == 1
    changes = [line.split()[1:3] for line in out.splitlines() if line[2:4].isdigit()]
    assert changes == [["Trainer", "RUNNING"], ["Trainer", "FAILED"]]


def test_a_run_can_be_stopped_once(server, kubeflow, package):
    submit(kubeflow, package)
    run_id = server.runs[0]["run_id"]
    assert kubeflow("terminate", "chest")[1].endswith("is being stopped.\n")
    assert server.runs[0]["state"] == "CANCELING"
    assert " STOPPING, started " in kubeflow("status", "chest")[1]
    server.change(run_id, "FAILED")  # as the server calls it in the end
    assert kubeflow("terminate", "chest")[1].endswith("has already ended: STOPPED.\n")
    assert " STOPPED, started " in kubeflow("status", "chest")[1]


def test_a_program_fills_in_what_the_package_has_and_the_user_does_not_say(server, package):
    options = RunOptions(param=["data=gs://site/films", "if_new=false"])
    more = {"if_new": True, "gate_failure": "fail", "unknown": "of a newer package"}
    started = start_run(str(package), options, ConnectionOptions(), more)
    (run,) = server.runs
    assert started.run_id == run["run_id"] and run["run_id"] in started.lines[1]
    assert run["runtime_config"]["parameters"] == {
        "data": "gs://site/films",
        "if_new": False,
        "gate_failure": "fail",
    }
