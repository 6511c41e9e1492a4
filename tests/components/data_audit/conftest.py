"""A clean cohort, drawn once."""

import pytest
from PIL import Image

from components.imaging.measures.image_record import ImageRecord
from tests.components.data_audit.cohort import draw_cohort


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
