import shutil
import subprocess

import numpy as np
import pytest
from pydicom.uid import GrayscaleSoftcopyPresentationStateStorage

from tests.serving.dicom.images import chest_image
from tests.serving.dicom.report.conftest import SETTINGS


@pytest.fixture
def states(report):
    def make(**tags):
        settings = SETTINGS.model_copy(update={"secondary_capture": False})
        objects = report(settings=settings, **tags)
        return [
            one for one in objects if one.SOPClassUID == GrayscaleSoftcopyPresentationStateStorage
        ]

    return make


def graphic(state):
    return state.GraphicAnnotationSequence[0]


def test_the_words_and_a_frame_round_the_bright_region(states):
    state = states()[0]
    text = graphic(state).TextObjectSequence[0].UnformattedTextValue
    assert text.startswith("COVID: 0.90") and "Not a medical device" in text
    [frame] = graphic(state).GraphicObjectSequence
    corners = np.reshape(frame.GraphicData, (5, 2))
    # The heatmap of 8 x 6 is bright in rows 2 and 3, columns 3 to 5; the image has 64 x 48 pixels.
    assert corners.tolist() == [[25, 17], [48, 17], [48, 32], [25, 32], [25, 17]]


def test_what_is_not_to_be_relied_on_is_said_first(states):
    texts = [graphic(one).TextObjectSequence[0].UnformattedTextValue for one in states()]
    assert texts[1].startswith("Uncertain: not to be relied on (COVID")
    assert texts[2].startswith("Outside what the model has seen")


def test_it_refers_to_its_image_and_keeps_the_window(states):
    state = states()[0]
    [series] = state.ReferencedSeriesSequence
    [image] = series.ReferencedImageSequence
    assert image.ReferencedSOPInstanceUID == chest_image(1).SOPInstanceUID
    [window] = state.SoftcopyVOILUTSequence
    assert (window.WindowCenter, window.WindowWidth) == (2048, 4096)


@pytest.mark.parametrize(
    ("photometric", "shape"), [("MONOCHROME2", "IDENTITY"), ("MONOCHROME1", "INVERSE")]
)
def test_black_stays_black(states, photometric, shape):
    state = states(PhotometricInterpretation=photometric)[0]
    assert state.PresentationLUTShape == shape


def test_a_window_that_is_none_is_left_out(states, check, tmp_path):
    assert "SoftcopyVOILUTSequence" not in states(WindowWidth=None)[0]


def test_colour_and_several_frames_have_none(states):
    assert states(NumberOfFrames=2) == []
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}
    assert states(**colour) == []


def test_pixels_that_are_not_square_keep_their_shape(states):
    [area] = states(PixelSpacing=[0.2, 0.1])[0].DisplayedAreaSelectionSequence
    assert area.PresentationPixelSpacing == [0.2, 0.1]
    assert "PresentationPixelAspectRatio" not in area


def test_dcmtk_can_show_it(states, tmp_path):
    program = shutil.which("dcmp2pgm")
    if program is None:
        pytest.skip("Debian's dcmtk, with dcmp2pgm, is not installed")
    states()
    command = [program, "--pstate", tmp_path / "object1.dcm", tmp_path / "1.dcm", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "E:" not in done.stdout + done.stderr, done.stderr
    assert (tmp_path / "out").read_bytes().startswith(b"P5")
