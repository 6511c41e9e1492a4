"""Damaged files that Pillow decodes: half of them, or with senseless values."""

import numpy as np
import pytest

from tests.components.imaging.pictures import GREY, RGB, refused, save

REFUSED = {
    "gif_half": (save(GREY, "GIF")[:900], "truncated"),
    "bmp_half": (save(RGB, "BMP")[:600], "truncated"),
    "tiff_half": (save(RGB, "TIFF")[:600], "truncated"),
    "webp_half": (save(RGB, "WEBP", lossless=True)[:40], "corrupt"),
    "tiff_nan": (save(np.full((16, 16), np.nan, np.float32), "TIFF"), "corrupt"),
    "tiff_inf": (save(np.full((16, 16), np.inf, np.float32), "TIFF"), "corrupt"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_carry_their_reason(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason
