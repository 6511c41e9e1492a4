"""`approve`, `reject`, `lineage` of unknown runs; `end_to_end/test_approval.py` has real ones."""

import pytest

from tests.command_line import assert_one_message, medtfx


@pytest.mark.parametrize(
    "line",
    [
        "approve 20250101-120000",
        "reject 20250101-120000 --note blurred",
        "lineage 1735732800",
    ],
)
def test_in_an_empty_home_there_is_one_message_and_nothing_is_written(tmp_path, line):
    result = medtfx(*line.split(), "--home", tmp_path / "home")
    assert_one_message(result, f"Nothing has run in {tmp_path}")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("command", ["approve", "reject"])
def test_a_decision_is_made_under_your_own_name(monkeypatch, tmp_path, command):
    monkeypatch.delenv("MEDTFX_ALLOW_BY", raising=False)
    line = (command, "20250101-120000", "--note", "blurred", "--by", "Dr. Ruiz")
    result = medtfx(*line, "--home", tmp_path / "home")
    assert_one_message(result, "Received: --by 'Dr. Ruiz'", "MEDTFX_ALLOW_BY=yes")
