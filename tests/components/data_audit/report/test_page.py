"""The page of the audit, as text; `../test_executor.py` checks it with the other files."""

import pytest

from components.data_audit.audit import AuditResult
from components.data_audit.finding import Case, Found, judge
from components.data_audit.report.page import printable, render, shown_images
from tests.components.data_audit.cohort import image, png


@pytest.fixture
def make_result():
    """Returns a function from findings to a result with nothing else in it."""

    def make(*findings) -> AuditResult:
        counts = {"COVID": {"train": 1, "eval": 0, "test": 0}}
        return AuditResult(findings, counts, (), (), None, {})

    return make


def finding(cases: int, files: int, check: str = "duplicates"):
    found = tuple(
        Case(tuple(image(f"{case}-{file}.png") for file in range(files)), "the same")
        for case in range(cases)
    )
    return judge(Found(check, "some pictures are alike", found, "Keep one"), "report")


def test_of_many_cases_and_files_a_few_are_shown(make_result):
    shown = {one.filename for one in shown_images(make_result(finding(cases=20, files=9)))}
    assert len(shown) == 12 * 4 and "0-0.png" in shown and "19-0.png" not in shown


def test_identifying_metadata_has_no_images(make_result):
    assert shown_images(make_result(finding(1, 1, check="identity"))) == set()


def test_what_is_not_shown_is_counted(make_result, one):
    result = make_result(finding(cases=13, files=5))
    encoded = dict.fromkeys((shown.filename for shown in shown_images(result)), png(one[1]))
    page = render(result, encoded)
    assert page.count("data:image/jpeg;base64,") == 12 * 4
    assert "5 files, 1 not shown" in page and "1 more." in page
    assert ".png" not in page  # a file may be named after a patient
    assert 'href="duplicates.csv"' in page and "Keep one." in page


def test_a_check_without_a_finding_is_listed(make_result):
    result = make_result(judge(Found("leaks", "no picture is in two splits"), "stop"))
    assert "Leaks: no picture is in two splits" in render(result, {})


def test_a_name_that_is_no_text_can_be_written():
    assert printable("caf\udce9.png") == "caf\ufffd.png"
    assert printable("Läsion 肺炎.png") == "Läsion 肺炎.png"
