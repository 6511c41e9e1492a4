"""A clean cohort, drawn once; and the audit of any pictures."""

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from components.data_audit.audit import AuditResult, audit
from components.data_audit.passes.evidence import Evidence, gather
from components.data_audit.passes.workplace import Workplace
from components.imaging.measures.image_record import ImageRecord
from components.recipe.audit import AuditSection
from tests.components.data_audit.cohort import draw_cohort, write_records


@pytest.fixture(scope="session")
def drawn() -> dict[str, tuple[ImageRecord, Image.Image]]:
    """File name → picture and image, of 45 phantoms' films."""
    return draw_cohort()


@pytest.fixture(scope="session")
def clean(drawn) -> list[ImageRecord]:
    """Pictures in which nothing is wrong."""
    return [picture for picture, _ in drawn.values()]


@pytest.fixture
def one(drawn) -> tuple[ImageRecord, Image.Image]:
    """A training image of COVID, and its pixels."""
    return next(
        (picture, image)
        for picture, image in drawn.values()
        if (picture.label, picture.split) == ("COVID", "train")
    )


@pytest.fixture
def audited(tmp_path_factory) -> Callable[..., AuditResult]:
    """Returns a function that audits pictures in this process."""

    def run(pictures: list[ImageRecord], section: AuditSection, **given: Any) -> AuditResult:
        folder = tmp_path_factory.mktemp("audit")
        files = write_records(folder / "measures", pictures)
        return audit(files, section, Workplace(str(folder)), **given)

    return run


@pytest.fixture
def gathered(tmp_path_factory) -> Callable[[list[ImageRecord]], Evidence]:
    """Returns a function that gathers what the checks judge, in this process."""

    def run(pictures: list[ImageRecord]) -> Evidence:
        folder = tmp_path_factory.mktemp("audit")
        files = write_records(folder / "measures", pictures)
        return gather(files, AuditSection(shortcuts="off"), Workplace(str(folder)))

    return run
