import base64
import io

import numpy as np
from PIL import Image

from serving.app.pictures import draw_picture


def opened(address):
    return Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))


def test_a_large_scan_is_reduced_and_its_heatmap_fits(tools):
    buffer = io.BytesIO()
    Image.new("L", (2000, 1000), 90).save(buffer, "PNG")
    picture = draw_picture(buffer.getvalue(), np.eye(7, dtype=np.float32))
    assert (picture.width, picture.height) == (640, 320)
    assert opened(picture.scan).size == opened(picture.heat).size == (640, 320)
    alpha = np.asarray(opened(picture.heat))[..., 3]
    assert alpha[5, 5] > 200 and alpha[300, 5] < 30


def test_a_small_one_stays_as_it_is(dark):
    picture = draw_picture(dark, None)
    assert (picture.width, picture.height, picture.heat) == (16, 16, None)
