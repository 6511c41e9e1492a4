"""`approve`, `reject`, `lineage` of unknown runs; `end_to_end/test_approval.py` has real ones."""

import pytest

from tests.command_line import assert_one_message, medtfx


@pytest.mark.parametrize(
    "line",
    [
        "approve 20250101-120000 --by anna",
        "reject 20250101-120000 --by anna --note blurred",
        "lineage 1735732800",
    ],
)
def test_in_an_empty_home_there_is_one_message_and_nothing_is_written(tmp_path, line):
    assert_one_message(medtfx(*line.split(), "--home", tmp_path / "home"), str(tmp_path))
    assert not (tmp_path / "home").exists()


def test_a_decision_needs_a_name(tmp_path):
    result = medtfx("approve", "20250101-120000", "--by", " ", "--home", tmp_path)
    assert_one_message(result, "--by NAME")
