"""One film of a phantom."""

import pytest
from PIL import Image

from components.imaging.measures.image_record import ImageRecord
from pipeline.sample_data import draw_radiograph, plan_films
from tests.components.data_audit.cohort import SEED, SIZE, picture_of, png, to_uint8


@pytest.fixture(scope="session")
def one() -> tuple[ImageRecord, Image.Image]:
    """An image and its record."""
    film = plan_films(1, SEED, SIZE)[0]
    image = Image.fromarray(to_uint8(draw_radiograph(film, SEED)))
    return picture_of(png(image)), image
