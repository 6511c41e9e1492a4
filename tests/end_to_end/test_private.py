"""What leaves the home of a run names no image file: a file may be named after a patient."""

import pytest

from components.artifacts import AUDIT_PAGE, REPORT_PAGE

pytestmark = pytest.mark.end_to_end


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_leaves_the_home_names_no_image(machine):
    names = [path.stem.encode() for path in files(machine.data) if path.suffix != ".csv"]
    artifacts = machine.home.artifacts
    pages = [*artifacts.rglob(REPORT_PAGE), *artifacts.rglob(AUDIT_PAGE)]
    pages += machine.home.runs.glob("*.html")
    pushed, evaluated = files(machine.home.models), files(artifacts / "quickstart" / "Evaluator")
    assert names and len(pages) >= 3 and pushed and evaluated
    for path in (*pages, *pushed, *evaluated):
        content = path.read_bytes()
        assert not [name for name in names if name in content], path
