"""Names of persons: those in headers get nowhere, those of image files stay in the home."""

import gzip

import pytest

from components.artifacts import AUDIT_PAGE, REPORT_PAGE
from tests.end_to_end.annotated import NAME

pytestmark = pytest.mark.end_to_end


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def content(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_what_leaves_the_home_names_no_image(machine):
    names = [path.stem.encode() for path in files(machine.data) if path.suffix != ".csv"]
    artifacts = machine.home.artifacts
    machine.here("dashboard")
    pages = [*artifacts.rglob(REPORT_PAGE), *artifacts.rglob(AUDIT_PAGE)]
    pages += machine.home.runs.glob("*.html")
    pushed, evaluated = files(machine.home.models), files(artifacts / "quickstart" / "Evaluator")
    assert names and len(pages) >= 4 and pushed and evaluated
    for path in (*pages, *pushed, *evaluated):
        written = path.read_bytes()
        assert not [name for name in names if name in written], path


def test_no_header_of_an_image_gets_into_the_home(machine):
    name = NAME.encode()
    annotated = [path for path in files(machine.data) if name in path.read_bytes()]
    assert {path.suffix for path in annotated} == {".png", ".jpg", ".dcm"}
    written = files(machine.home.root)
    assert {".sqlite", ".gz", ".html", ".log", ".pb"} <= {path.suffix for path in written}
    assert [path for path in written if name in content(path)] == []
