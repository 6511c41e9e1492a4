import pytest

from components.data_audit.finding import Case, Found, count, judge, summary
from tests.components.data_audit.cohort import image

CASES = (Case((image("a.png"),), "why"), Case((image("b.png"),), "why"))


@pytest.mark.parametrize(("action", "severity"), [("report", "report"), ("stop", "stop")])
def test_the_recipe_gives_the_severity(action, severity):
    found = judge(Found("small_cells", "two", CASES, "Collect more"), action)
    assert (found.severity, found.sentence, found.remedy) == (severity, "two", "Collect more")
    assert (found.title, found.cases) == ("Small cells", CASES)
    assert found.csv_name == "small_cells.csv"


@pytest.mark.parametrize("action", ["report", "stop"])
def test_without_a_case_nothing_has_to_be_done(action):
    found = judge(Found("leaks", "none", remedy="Keep one"), action)
    assert (found.severity, found.remedy, found.csv_name) == ("ok", "", "")


def test_more_than_can_be_listed_is_counted():
    found = judge(Found("duplicates", "many", CASES, "Keep one", count=300), "report")
    assert (found.count, found.sentence) == (300, "many (the list has the first 2)")
    assert summary([found]) == "1 finding to review: duplicates (300)"


def test_the_summary_names_what_stops_the_run_else_what_is_reported():
    stop = judge(Found("leaks", "", CASES), "stop")
    report = judge(Found("burned_in_text", "", CASES[:1]), "report")
    fine = judge(Found("drift", ""), "stop")
    assert summary([report, stop, fine]) == "1 finding stops the run: leaks (2)"
    assert summary([stop, stop]) == "2 findings stop the run: leaks (2), leaks (2)"
    assert summary([report, fine]) == "1 finding to review: burned in text (1)"
    assert summary([fine]) == "nothing found by 1 check"


def test_one_and_many():
    assert [count(1, "image"), count(2, "image")] == ["1 image", "2 images"]
    assert count(0, "class", "classes") == "0 classes"
