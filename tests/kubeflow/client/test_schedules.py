from pathlib import Path

import pytest

from kubeflow.client.pipeline_package import PipelinePackage
from kubeflow.client.schedules import RecurringRun, describe_cron, is_paused, scheduled_parameters

INPUTS = {"data": {}, "if_new": {"defaultValue": False}, "gate_failure": {"defaultValue": ""}}


def parameters(inputs, given=None, *, always_train=False):
    package = PipelinePackage(Path("p.yaml"), "chest", "0" * 12, inputs=inputs)
    return scheduled_parameters(package, given or {}, always_train=always_train)


def test_scheduled_runs_train_if_enough_is_new_and_fail_if_the_model_is_refused():
    assert parameters(INPUTS) == {"if_new": True, "gate_failure": "fail"}
    assert parameters(INPUTS, always_train=True)["if_new"] is False


def test_what_is_given_or_in_the_recipe_stays():
    given = {"if_new": False, "gate_failure": "report"}
    assert parameters(INPUTS, given) == given
    of_recipe = INPUTS | {"gate_failure": {"defaultValue": "report"}}
    assert "gate_failure" not in parameters(of_recipe)


def test_a_package_without_these_parameters_gets_none():
    assert parameters({"data": {}}) == {}


@pytest.mark.parametrize(
    ("trigger", "shown"),
    [
        ({"cron_schedule": {"cron": "0 0 2 * * SUN"}}, "0 0 2 * * SUN"),
        ({"periodic_schedule": {"interval_second": "3600"}}, "every 3600 s"),
        ({}, "by hand"),
    ],
)
def test_when_a_schedule_runs(trigger, shown):
    assert describe_cron(RecurringRun("id", "chest", "ENABLED", trigger)) == shown


@pytest.mark.parametrize(
    ("status", "paused"), [("ENABLED", False), ("ENABLE", False), ("DISABLED", True)]
)
def test_paused(status, paused):
    assert is_paused(RecurringRun("id", "chest", status, {})) == paused
