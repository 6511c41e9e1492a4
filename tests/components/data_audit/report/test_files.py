import csv
import json
from dataclasses import replace

import pytest

from components.data_audit.audit import AuditResult
from components.data_audit.finding import Case
from components.data_audit.report.files import to_csv, to_json, write_report
from components.recipe.audit import AuditSection
from tests.components.data_audit.cohort import image


@pytest.fixture
def result(clean, audited) -> AuditResult:
    """Of a clean set, with one finding about whole classes."""
    return audited(clean, AuditSection(min_cell=1000, shortcuts="off", drift="off"))


def test_a_finding_without_files_has_no_list(result, tmp_path):
    write_report(str(tmp_path), result, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.html", "audit.json"]


def test_the_json_counts_all_cases_and_has_twenty_of_them(result):
    (finding,) = result.reports
    many = replace(finding, cases=finding.cases * 3, count=27)
    written = to_json(replace(result, findings=(many,)))
    (found,) = json.loads(json.dumps(written))["findings"]
    assert (found["check"], found["severity"]) == ("small_cells", "report")
    assert (found["count"], len(found["examples"])) == (27, 20)


def test_the_list_has_a_row_a_file_numbered_by_case(result):
    first, second, third = image("a"), image("b", "test"), image("c", patient="q")
    cases = (Case((first, second), "alike"), Case((third,), "alone"))
    text = to_csv(replace(result.reports[0], cases=cases))
    rows = list(csv.DictReader(text.splitlines()))
    assert [(row["case"], row["file"], row["split"], row["reason"]) for row in rows] == [
        ("1", "a", "train", "alike"), ("1", "b", "test", "alike"), ("2", "c", "train", "alone"),
    ]  # fmt: skip
    assert rows[2]["patient"] == "q"
