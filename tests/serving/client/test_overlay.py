import io

import numpy as np
import pytest
from PIL import Image

from serving.client.overlay import STRENGTH, draw_layer, draw_overlay


@pytest.fixture
def grey() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (60, 40), 100).save(buffer, "PNG")
    return buffer.getvalue()


def test_where_the_model_did_not_look_the_image_is_unchanged(grey):
    overlay = np.asarray(draw_overlay(grey, np.zeros((7, 7), np.float32)))
    assert overlay.shape == (40, 60, 3)
    assert (overlay == 100).all()


def test_where_it_looked_the_image_is_red(grey):
    heatmap = np.zeros((4, 4), np.float32)
    heatmap[0, 3] = 1.0  # top right
    overlay = np.asarray(draw_overlay(grey, heatmap)).astype(int)
    assert overlay[2, 57, 0] > 150 > overlay[2, 57, 1]
    assert (overlay[35, 5] == 100).all()


def test_the_layer_over_the_image_looks_like_the_overlay(grey):
    heatmap = np.linspace(0, 1, 49, dtype=np.float32).reshape(7, 7)
    layer = draw_layer(heatmap, (60, 40))
    layer.putalpha(layer.getchannel("A").point(lambda value: int(value * STRENGTH)))
    laid = Image.alpha_composite(Image.open(io.BytesIO(grey)).convert("RGBA"), layer).convert("RGB")
    difference = np.asarray(laid).astype(int) - np.asarray(draw_overlay(grey, heatmap))
    assert abs(difference).max() <= 1
