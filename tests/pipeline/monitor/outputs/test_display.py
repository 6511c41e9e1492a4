from dataclasses import replace

import pytest
from rich.console import Console

from pipeline.monitor.checks.estimated_recall import BLINDNESS
from pipeline.monitor.outputs.display import print_result


@pytest.fixture
def show(capsys, make_outcome):
    def printed(found, truth=None, width=140, shadow=None):
        print_result(Console(width=width), make_outcome(found, truth, shadow))
        return capsys.readouterr().out

    return printed


def test_a_row_for_each_check_and_the_outcome_last(show, alarmed):
    out = show(alarmed)
    lines = out.splitlines()
    assert lines[0].startswith("lungs/3, 2026-11-21 00:00 to 2026-11-28 00:00 UTC: 200 images ")
    (row,) = [line for line in lines if line.strip().startswith("contrast ")]
    assert row.split()[-1] == "ALARM" and "D 0." in row
    assert out.count("ALARM") == 2  # the row and the sentence
    assert lines[-1].startswith("ALARM: contrast")
    for finding in alarmed.findings:
        assert finding.name in out


def test_the_estimate_comes_with_its_blindness(show, quiet):
    assert BLINDNESS in " ".join(show(quiet, width=400).split())


def test_labels_and_some_of_the_corrections(show, quiet, truth):
    out = show(quiet, truth)
    assert "200 predictions have a label, of 100 patients." in out
    assert out.count("BELOW its floor") == 2
    assert out.count(": predicted ") == 10
    assert "and 110 more; --json lists all." in out


def test_brackets_in_a_class_are_no_markup(show, quiet):
    (first, *rest) = quiet.findings
    odd = replace(quiet, findings=(replace(first, name="probability of [red]x[/]"), *rest))
    assert "[red]x[/]" in show(odd)


def test_a_shadow_has_its_tables_and_a_sentence(show, quiet, shadowed):
    out = show(quiet, shadow=shadowed)
    assert "How often each class is predicted" in out and "by labels" in out
    assert out.count(": served ") == 10
    assert "Version 4, the shadow, has predictions for 200 of 200 images" in out
    assert "predicts the same class for 90.0% of them." in out
