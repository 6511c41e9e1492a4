"""What a user reads when a node fails; test_runner.py runs real nodes."""

from pathlib import Path

import pytest

from components.runtime.errors import DataError
from pipeline.runs.execution import RunFailedError, explain

LOG = Path("run.log")


def chained(*errors: Exception) -> Exception:
    """Returns the last error, each raised from the one before."""
    cause = None
    for error in errors:
        error.__cause__ = cause
        cause = error
    return errors[-1]


def test_a_users_mistake_comes_through_as_it_is():
    mistake = DataError("Class 'a' has 1 image.")
    assert explain(chained(mistake, RuntimeError("Node X failed.")), LOG) is mistake


@pytest.mark.parametrize(
    "cause",
    [
        OSError(28, "No space left on device"),
        RuntimeError("Error when executing query: database or disk is full query: INSERT INTO x"),
    ],
)
def test_a_full_disk_is_named(cause):
    said = str(explain(chained(cause, RuntimeError("Node X failed.")), LOG))
    assert "is full. Free some space" in said and "INSERT" not in said


def test_anything_else_names_the_node_the_cause_and_the_log():
    found = explain(chained(KeyError("x"), RuntimeError("Node Trainer failed.")), LOG)
    assert isinstance(found, RunFailedError)
    assert str(found) == "Node Trainer failed. KeyError: 'x' The log: run.log"


def test_a_node_that_failed_without_a_word():
    assert "Node Transform failed." in str(explain(RuntimeError("Node Transform failed."), LOG))
