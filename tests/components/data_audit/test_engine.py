"""On an engine with workers in processes of their own, the audit finds what it finds in one."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from PIL import ImageOps

from components.data_audit.audit import audit
from components.data_audit.passes.workplace import Workplace
from components.data_audit.report.files import to_json
from components.recipe.audit import AuditSection
from pipeline.beam.arguments import beam_args
from tests.components.data_audit.cohort import encode, picture_of, png, with_text, write_records
from tests.doubles.beam_engine import beam_engine
from tests.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def make_pipeline(tmp_path_factory) -> Callable[[], Any]:
    """Returns a function that makes a pipeline of Beam for Prism."""
    import apache_beam as beam

    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with beam_engine(environment, tmp_path_factory.mktemp("engine")) as options:
        arguments = [*beam_args(options, check=False), "--environment_cache_millis=600000"]
        yield lambda: beam.Pipeline(argv=arguments)


@pytest.fixture
def spoiled(clean, one):
    """A cohort with something for each check."""
    original, image = one
    return [
        *clean,
        picture_of(png(image), "COVID/copy.png", split="test"),
        picture_of(encode(image, "JPEG", quality=40), "NORMAL/near.jpg", "NORMAL"),
        picture_of(png(ImageOps.invert(image)), "COVID/negative.png", patient=original.patient),
        picture_of(png(with_text(image, "DOE JANE 1961")), "COVID/text.png", patient="t"),
        picture_of(png(image.rotate(90)), "COVID/2021-04-30.png", metadata={"PatientName": "x"}),
    ]


def test_the_findings_are_those_of_one_process(spoiled, make_pipeline, tmp_path, monkeypatch):
    # Sorted tables, as of too many pictures to compare all pairs.
    monkeypatch.setattr("components.data_audit.passes.pairs.ALL_PAIRS", 0)
    monkeypatch.setattr("components.data_audit.passes.pairs.TABLES", 8)
    files = write_records(tmp_path / "measures", spoiled, files=4)
    found = []
    for name, make in (("here", None), ("there", make_pipeline)):
        (tmp_path / name).mkdir()
        place = Workplace(str(tmp_path / name), make)
        found.append(audit(files, AuditSection(min_cell=1), place, folds=3))
    here, there = found
    assert there.findings == here.findings and to_json(there) == to_json(here)
    named = {finding.check for finding in here.findings if finding.cases}
    assert named >= {"leaks", "contradictions", "outliers", "burned_in_text", "identity"}
