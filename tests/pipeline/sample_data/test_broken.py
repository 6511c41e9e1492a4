"""Each broken file fails in the way its kind says."""

from collections import Counter

import pydicom
import pytest
from PIL import Image

from pipeline.sample_data.broken import KINDS, plan_broken


def path_of(drawn, kind):
    return drawn.root / plan_broken(drawn.films)[kind].path


def test_two_of_each_class_belong_to_patients_with_good_films(drawn):
    planned = plan_broken(drawn.films)
    assert set(planned) == set(KINDS)
    assert set(Counter(film.patient.label for film in planned.values()).values()) == {2}
    assert {film.patient for film in planned.values()} <= {film.patient for film in drawn.films}
    assert not {film.path for film in planned.values()} & {film.path for film in drawn.films}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "dicom" not in kind])
def test_a_broken_picture_cannot_be_read(drawn, kind):
    def read():
        with Image.open(path_of(drawn, kind)) as picture:
            picture.load()

    with pytest.raises((OSError, Image.DecompressionBombError)):
        read()


def test_the_bomb_is_small_and_claims_gigapixels(drawn):
    content = path_of(drawn, "decompression-bomb").read_bytes()
    assert len(content) < 1000
    assert content[16:24] == (60_000).to_bytes(4, "big") * 2


def test_the_dicom_without_pixels_can_be_parsed(drawn):
    dicom = pydicom.dcmread(path_of(drawn, "dicom-without-pixels"))
    assert "PixelData" not in dicom
    assert dicom.PatientID.startswith("P")
