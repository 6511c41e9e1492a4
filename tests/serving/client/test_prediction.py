"""What is read of a response; tests/serving/client/test_client.py has the good ones."""

import pytest

from serving.client import Client


@pytest.mark.parametrize("fault", ["nan", "inf", "negative", "sum", "label", "unknown label"])
def test_what_is_no_prediction_is_an_error_that_names_the_version(broken, tools, dark, fault):
    with Client(broken(fault), "broken") as client:
        found = client.predict([dark, b"junk", dark])
    for one in (found[0], found[2]):
        assert (one.ok, one.invalid, one.version) == (False, True, 7)
        assert one.error.startswith("version 7 of model 'broken' gave no prediction: ")
        assert tools.FAULTS[fault][2] in one.error
        assert (one.label, one.uncertain, one.probabilities) == (None, None, {})
    assert not found[1].invalid
