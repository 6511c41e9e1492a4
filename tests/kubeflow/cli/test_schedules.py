import time

import pytest

from kubeflow.client import runs
from tests.kubeflow.client.refusals import assert_refused

CRON = ("--cron", "0 0 2 * * SUN")
DATA = ("--param", "data=gs://site/films")


def schedule(kubeflow, package, *more):
    code, out, err = kubeflow("schedule", package, *DATA, *(more or CRON))
    assert (code, err) == (0, "")
    return out


def test_a_schedule_starts_one_run_at_a_time_and_no_missed_runs(server, kubeflow, package):
    schedule(kubeflow, package)
    (made,) = server.schedules
    assert made["display_name"] == "chest-"
    assert made["trigger"] == {"cron_schedule": {"cron": "0 0 2 * * SUN"}}
    assert (made["max_concurrency"], made["no_catchup"], made["mode"]) == ("1", True, "ENABLE")
    (version,) = server.versions
    reference = made["pipeline_version_reference"]
    assert reference["pipeline_version_id"] == version["pipeline_version_id"]
    assert made["runtime_config"]["parameters"] == {
        "data": "gs://site/films",
        "if_new": True,
        "gate_failure": "fail",
    }
    assert "service_account" not in made


@pytest.mark.parametrize(
    ("more", "sent"),
    [
        ((), True),
        (("--always-train",), False),
        (("--param", "if_new=false"), False),
        (("--always-train", "--param", "if_new=true"), True),
    ],
)
def test_its_runs_train_only_on_enough_new_data_by_default(server, kubeflow, package, more, sent):
    out = schedule(kubeflow, package, *CRON, *more)
    assert server.schedules[0]["runtime_config"]["parameters"]["if_new"] is sent
    assert ("trains only if there is enough new data" in out) == sent


def test_a_package_that_does_not_know_what_is_new_trains_each_time(server, kubeflow, package):
    lines = package.read_text().splitlines(keepends=True)
    unknown = ("if_new", "gate_failure")
    package.write_text("".join(line for line in lines if not any(n in line for n in unknown)))
    out = schedule(kubeflow, package)
    assert server.schedules[0]["runtime_config"]["parameters"] == {"data": "gs://site/films"}
    assert "enough new data" not in out


def test_its_runs_are_under_a_service_account(server, kubeflow, package, monkeypatch):
    schedule(kubeflow, package, *CRON, "--service-account", "medtfx-runner")
    monkeypatch.setenv("KFP_SERVICE_ACCOUNT", "site-runner")
    schedule(kubeflow, package, *CRON, "--name", "nightly")
    accounts = [made["service_account"] for made in server.schedules]
    assert accounts == ["medtfx-runner", "site-runner"]


def test_the_next_times_are_shown_here_and_in_the_zone_of_the_scheduler(
    server, kubeflow, package, monkeypatch
):
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        out = schedule(kubeflow, package)
    finally:
        monkeypatch.undo()
        time.tzset()
    lines = out.splitlines()
    assert lines[1] == "Scheduled: chest, 0 0 2 * * SUN, UTC"
    times = lines[3:8]
    assert all(" 11:00:00 JST  Sun " in line and line.endswith(" 02:00:00") for line in times)


def test_start_and_end_are_sent_in_utc(server, kubeflow, package):
    more = ("--start", "2030-01-01T00:00", "--end", "2031-01-01", "--scheduler-zone", "Europe/Rome")
    out = schedule(kubeflow, package, *CRON, *more)
    sent = server.schedules[0]["trigger"]["cron_schedule"]
    assert sent["start_time"].startswith(("2029-12-31T", "2030-01-01T"))
    assert sent["start_time"].endswith("Z") and sent["end_time"].endswith("Z")
    assert "Sun 2030-01-06 02:00:00" in out and ", Europe/Rome" in out


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--cron", "0 2 * * SUN"), '--cron "0 0 2 * * SUN"'),
        (("--cron", "0 0 25 * * *"), "The hour of --cron"),
        ((*CRON, "--end", "2020-01-01"), "it would never run"),
        ((*CRON, "--scheduler-zone", "Mars"), "no time zone 'Mars'"),
    ],
)
def test_what_would_never_run_as_meant_is_refused_before_anything_is_sent(
    server, kubeflow, package, more, reason
):
    assert_refused(kubeflow("schedule", package, *DATA, *more), reason)
    assert server.requests == []


def test_a_second_schedule_of_the_name_is_refused_or_replaces_the_first(server, kubeflow, package):
    schedule(kubeflow, package)
    first = dict(server.schedules[0])
    package.write_text(package.read_text().replace("medtfx:1", "medtfx:2"))
    again = kubeflow("schedule", package, *DATA, "--cron", "0 0 3 * * *")
    assert_refused(again, "'chest' already (0 0 2 * * SUN): two would train twice")
    assert server.schedules == [first] and len(server.versions) == 1
    out = schedule(kubeflow, package, "--cron", "0 0 3 * * *", "--replace")
    assert "Replaced: chest, 0 0 3 * * *" in out
    (left,) = server.schedules
    assert left["trigger"]["cron_schedule"]["cron"] == "0 0 3 * * *"
    reference = left["pipeline_version_reference"]
    assert reference["pipeline_version_id"] == server.versions[1]["pipeline_version_id"]
    schedule(kubeflow, package, *CRON, "--name", "nightly")
    assert [one["display_name"] for one in server.schedules] == ["chest-", "nightly-"]


def test_a_schedule_is_paused_resumed_and_removed(server, kubeflow, package):
    assert kubeflow("schedules")[1] == "No schedules.\n"
    for name in ("one", "two", "three"):
        schedule(kubeflow, package, *CRON, "--name", name)
    server.largest_page = 2
    assert kubeflow("pause", "two")[1] == "two is paused.\n"
    rows = [line.split() for line in kubeflow("schedules")[1].splitlines()[1:]]
    states = {row[0]: (row[7], row[8]) for row in rows}
    assert states["two"] == ("paused", "-")
    assert states["one"][0] == states["three"][0] == "active"
    assert states["one"][1].startswith("20")
    assert "two is active again: 0 0 2 * * SUN" in kubeflow("resume", "two")[1]
    assert server.schedules[1]["status"] == "ENABLED"
    assert kubeflow("unschedule", server.schedules[1]["recurring_run_id"])[0] == 0
    assert [one["display_name"] for one in server.schedules] == ["one-", "three-"]


def test_the_choice_of_a_recipe_or_a_user_at_a_refused_model_stays(server, kubeflow, package):
    schedule(kubeflow, package, *CRON, "--name", "asked", "--param", "gate_failure=report")
    default = "gate_failure: {parameterType: STRING, defaultValue: "
    text = package.read_text()
    package.write_text(text.replace(f"{default}''", f"{default}report"))
    schedule(kubeflow, package)
    given = [one["runtime_config"]["parameters"].get("gate_failure") for one in server.schedules]
    assert package.read_text() != text and given == ["report", None]


def test_the_running_run_of_a_schedule_ends_before_the_schedule_is_removed(
    server, kubeflow, package, monkeypatch
):
    schedule(kubeflow, package)
    ended, running = (server.fire(server.schedules[0]) for _ in range(2))
    server.change(ended["run_id"], "SUCCEEDED")
    by_hand = kubeflow("submit", package, *DATA)[0]
    states = []

    def end(seconds):
        states.append((server.runs[1]["state"], server.schedules[0]["status"]))
        server.change(running["run_id"], "FAILED")

    monkeypatch.setattr(time, "sleep", end)
    out = kubeflow("unschedule", "chest")[1]
    assert states == [("CANCELING", "DISABLED")]
    assert out == f"{running['display_name']} was stopped.\nchest is removed.\n"
    assert [run["state"] for run in server.runs] == ["SUCCEEDED", "FAILED", "PENDING"]
    assert by_hand == 0 and server.schedules == []


def test_a_run_that_does_not_end_keeps_its_schedule(server, kubeflow, package, monkeypatch):
    schedule(kubeflow, package)
    running = server.fire(server.schedules[0])
    monkeypatch.setattr(runs, "_PATIENCE_SECONDS", -1)
    code, _, err = kubeflow("unschedule", "chest")
    assert code == 1 and f"{running['display_name']} was told to stop" in err
    assert [one["status"] for one in server.schedules] == ["DISABLED"]


@pytest.mark.parametrize("command", ["pause", "resume", "unschedule"])
def test_an_unknown_schedule_is_an_error_that_names_the_known(server, kubeflow, package, command):
    schedule(kubeflow, package)
    assert_refused(kubeflow(command, "chst"), "no schedule 'chst'. Schedules: 'chest'.")


def test_two_schedules_of_one_name_are_told_apart_by_id(server, kubeflow, package):
    schedule(kubeflow, package)
    twin = {**server.schedules[0], "recurring_run_id": "made-in-the-web-interface"}
    server.schedules.append(twin)
    assert_refused(kubeflow("unschedule", "chest"), "made-in-the-web-interface")
    assert kubeflow("unschedule", "made-in-the-web-interface")[0] == 0
    assert len(server.schedules) == 1


# === The monitor ===


@pytest.mark.parametrize(
    ("on_alarm", "tasks", "parameters"),
    [
        ("fail", ["Monitor"], {}),
        ("retrain", ["Monitor", "Retraining"], {"if_new": True, "gate_failure": "fail"}),
    ],
)
def test_the_monitor_is_a_recurring_run(server, kubeflow, on_alarm, tasks, parameters):
    places = {"root": "/data/medtfx", "log": "/data/requests"}
    places |= {"data": "/data/films"} if on_alarm == "retrain" else {}
    words = [word for name, value in places.items() for word in ("--param", f"{name}={value}")]
    line = ("--cron", "0 0 6 * * MON", "--monitor", "--on-alarm", on_alarm, "--image", "x:1")
    code, out, err = kubeflow("schedule", "quickstart", *line, *words)
    assert (code, err) == (0, "") and "Scheduled: quickstart-monitor" in out
    (made,) = server.schedules
    assert made["runtime_config"]["parameters"] == {**places, **parameters}
    (version,) = server.versions
    spec = version["pipeline_spec"]
    dag = (spec.get("pipeline_spec") or spec)["root"]["dag"]["tasks"].values()
    assert [task["taskInfo"]["name"] for task in dag if "triggerPolicy" not in task] == tasks


def test_a_monitor_is_made_from_a_recipe(server, kubeflow, package):
    line = (*CRON, "--monitor")
    assert_refused(kubeflow("schedule", package, *DATA, *line), "made from the recipe")
    shout = kubeflow("schedule", "quickstart", *line, "--on-alarm", "shout")
    assert_refused(shout, "fail or retrain")
    assert not server.schedules
