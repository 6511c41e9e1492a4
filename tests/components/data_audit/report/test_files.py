import csv
import json
from dataclasses import replace

import pytest

from components.data_audit.audit import AuditResult, audit
from components.data_audit.finding import Case
from components.data_audit.report.files import to_csv, to_json, write_report
from components.recipe.audit import AuditSection


@pytest.fixture
def result(clean) -> AuditResult:
    """Of a clean set, with one finding about whole classes."""
    return audit(clean, AuditSection(min_cell=1000, shortcuts="off", drift="off"))


def test_a_finding_without_files_has_no_list(result, clean, tmp_path):
    write_report(str(tmp_path), result, clean, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.html", "audit.json"]


def test_the_json_counts_all_cases_and_has_twenty_of_them(result):
    (finding,) = result.reports
    many = replace(finding, cases=finding.cases * 3)
    written = to_json(replace(result, findings=(many,)))
    (found,) = json.loads(json.dumps(written))["findings"]
    assert (found["check"], found["severity"]) == ("small_cells", "report")
    assert (found["count"], len(found["examples"])) == (27, 20)


def test_the_list_has_a_row_a_file_numbered_by_case(result, clean):
    by_name = {picture.filename: picture for picture in clean}
    first, second, third = list(by_name)[:3]
    cases = (Case((first, second), "alike"), Case((third,), "alone"))
    text = to_csv(replace(result.reports[0], cases=cases), by_name)
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["file"] for row in rows] == [first, second, third]
    assert [(row["case"], row["reason"]) for row in rows] == [
        ("1", "alike"), ("1", "alike"), ("2", "alone"),
    ]  # fmt: skip
    assert rows[2]["patient"] == by_name[third].patient
