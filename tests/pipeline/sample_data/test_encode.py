"""The files hold what was drawn, in each format."""

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.pixels.processing import apply_windowing

from pipeline.sample_data import draw_radiograph


@pytest.mark.parametrize(
    ("kind", "mode", "white"),
    [("png", "L", 255), ("png-rgb", "RGB", 255), ("png-16", "I;16", 65535), ("jpeg", "L", 255)],
)
def test_pictures_show_what_was_drawn(drawn, kind, mode, white):
    for film in drawn.of_format(kind):
        with Image.open(drawn.root / film.path) as picture:
            assert picture.mode == mode
            pixels = np.asarray(picture, dtype=np.float64)
        grey = pixels if pixels.ndim == 2 else pixels[..., 0]
        assert np.abs(grey / white - draw_radiograph(film, drawn.seed)).mean() < 0.02


@pytest.mark.parametrize(
    ("kind", "photometric"), [("dicom", "MONOCHROME2"), ("dicom-inverted", "MONOCHROME1")]
)
def test_dicom_shows_what_was_drawn(drawn, kind, photometric):
    for film in drawn.of_format(kind):
        dicom = pydicom.dcmread(drawn.root / film.path)
        assert (dicom.BitsStored, dicom.PhotometricInterpretation) == (12, photometric)
        assert (dicom.PatientID, dicom.PatientSex) == (film.patient.id, film.patient.sex)
        assert dicom.PatientAge == f"{film.patient.age:03d}Y"
        assert dicom.ViewPosition == film.view
        shown = apply_windowing(dicom.pixel_array, dicom).astype(np.float64) / 4095
        shown = 1.0 - shown if photometric == "MONOCHROME1" else shown
        assert np.abs(shown - draw_radiograph(film, drawn.seed)).max() < 0.005


def test_dicom_identifiers_are_unique_and_valid(drawn):
    films = drawn.of_format("dicom") + drawn.of_format("dicom-inverted")
    uids = {
        pydicom.dcmread(drawn.root / film.path, stop_before_pixels=True).SOPInstanceUID
        for film in films
    }
    assert len(uids) == len(films)
    assert all(uid.is_valid for uid in uids)
