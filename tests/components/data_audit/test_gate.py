"""The node that stops a run, on reports as the audit writes them."""

import json
from pathlib import Path

import pytest
from tfx.types import standard_artifacts

from components.artifacts import Audit
from components.data_audit.gate import AuditError, AuditGate

LEAK = {
    "check": "leaks",
    "severity": "stop",
    "sentence": "1 picture is in two splits, 1 of them in test",
    "remedy": "Keep one file of each group",
    "examples": [{"files": ["a/1.png", "b/2.png"], "reason": "the same pixels"}],
}


@pytest.fixture
def pass_through(tmp_path: Path):
    """Returns a function from findings to what the node writes."""

    def run(*findings: dict) -> str:
        audit, verdict = Audit(), standard_artifacts.String()
        audit.uri, verdict.uri = str(tmp_path), str(tmp_path / "verdict")
        content = {"summary": "in one line", "findings": findings}
        (tmp_path / "audit.json").write_text(json.dumps(content))
        AuditGate.test_call(audit=audit, verdict=verdict, source="")
        return verdict.read()

    return run


def test_a_finding_that_stops_the_run_is_said_in_a_sentence(pass_through, tmp_path):
    with pytest.raises(AuditError) as error:
        pass_through(LEAK)
    for part in (
        "1 picture is in two splits, 1 of them in test",
        "for example a/1.png = b/2.png (the same pixels)",
        "Keep one file of each group",
        "--set audit.leaks=report",
        str(tmp_path / "audit.html"),
    ):
        assert part in str(error.value)


def test_a_finding_about_the_whole_set_names_no_file(pass_through):
    with pytest.raises(AuditError, match=r"1 of them in test\. Keep one"):
        pass_through(LEAK | {"examples": [{"files": [], "reason": "everywhere"}]})


def test_every_finding_that_stops_is_named_with_its_option(pass_through):
    with pytest.raises(AuditError) as error:
        pass_through(
            LEAK, LEAK | {"check": "outliers", "severity": "report"}, LEAK | {"check": "identity"}
        )
    assert "--set audit.leaks=report --set audit.identity=report" in str(error.value)
    assert "outliers" not in str(error.value)


@pytest.mark.parametrize("severity", ["report", "ok"])
def test_other_findings_let_the_run_go_on(pass_through, severity):
    assert pass_through(LEAK | {"severity": severity}) == "in one line"
    assert pass_through() == "in one line"
