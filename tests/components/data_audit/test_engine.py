"""On Beam the audit finds what it finds without; a run on an engine: tests/end_to_end."""

import pytest
from PIL import ImageOps

from components.data_audit.audit import audit
from components.data_audit.passes.workplace import Workplace
from components.data_audit.report.files import to_json
from components.recipe.audit import AuditSection
from tests.components.data_audit.cohort import encode, picture_of, png, with_text, write_records


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


def test_the_findings_are_those_without_beam(spoiled, tmp_path, monkeypatch):
    import apache_beam as beam

    # Sorted tables, as of too many pictures to compare all pairs.
    monkeypatch.setattr("components.data_audit.passes.pairs.ALL_PAIRS", 0)
    monkeypatch.setattr("components.data_audit.passes.pairs.TABLES", 8)
    files = write_records(tmp_path / "measures", spoiled, files=4)
    found = []
    for name, make in (("here", None), ("there", lambda: beam.Pipeline("DirectRunner"))):
        (tmp_path / name).mkdir()
        place = Workplace(str(tmp_path / name), make)
        found.append(audit(files, AuditSection(min_cell=1), place, folds=3))
    here, there = found
    assert there.findings == here.findings and to_json(there) == to_json(here)
    named = {finding.check for finding in here.findings if finding.cases}
    assert named >= {"leaks", "contradictions", "outliers", "burned_in_text", "identity"}
