from datetime import datetime, timezone

import pytest

from kubeflow.client.times import moment_of, seconds_between


@pytest.mark.parametrize("zero", [None, "", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"])
def test_the_zeros_of_the_server_are_no_times(zero):
    assert moment_of(zero) is None
    assert seconds_between(moment_of(zero), None) is None


def test_times_have_up_to_nine_digits_after_the_point():
    moment = moment_of("2026-11-28T05:37:40.123456789Z")
    assert moment == datetime(2026, 11, 28, 5, 37, 40, tzinfo=timezone.utc)
