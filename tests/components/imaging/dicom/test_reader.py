"""DICOM files as a whole: bare datasets, silence, TensorFlow's opinion."""

import numpy as np
import pytest
from pydicom import uid

from components.imaging.images import read_image
from components.imaging.signature import is_dicom
from tests.components.imaging.dicom_files import COLUMNS, EXPECTED, FULL, RAMP, RGB, ROWS, make
from tests.components.imaging.pictures import pixels_of


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian])
def test_bare_dataset_without_preamble(syntax: uid.UID) -> None:
    data = make(RAMP, syntax, **FULL)
    np.testing.assert_array_equal(pixels_of(read_image(data[132:])), EXPECTED)  # with group 0002
    group = 12 + int.from_bytes(data[140:144], "little")
    bare = data[132 + group :]
    assert is_dicom(bare)
    np.testing.assert_array_equal(pixels_of(read_image(bare)), EXPECTED)


@pytest.mark.filterwarnings("ignore")
def test_warnings_stay_inside(capfd: pytest.CaptureFixture[str]) -> None:
    odd = make(PatientAge="forty", ViewPosition="x" * 20, WindowCenter="1", WindowWidth="2")
    capfd.readouterr()
    read_image(odd + b"\0" * 7)
    assert capfd.readouterr() == ("", "")


def test_tensorflow_decodes_the_result() -> None:
    import tensorflow as tf

    for data in (make(), make(**FULL), make(RGB), make(PhotometricInterpretation="MONOCHROME1")):
        image = read_image(data)
        assert (image.format, image.width, image.height) == ("DICOM", COLUMNS, ROWS)
        decoded = tf.io.decode_image(image.encoded, channels=3, expand_animations=False)
        pixels = pixels_of(image)
        expected = pixels if pixels.ndim == 3 else np.stack([pixels] * 3, -1)
        np.testing.assert_array_equal(decoded, expected)
