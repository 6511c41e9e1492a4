import pytest

from kubeflow.client.schedules import RecurringRun, describe_cron, is_paused


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
