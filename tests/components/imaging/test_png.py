"""PNG files that are not whole are refused, however little is missing."""

import pytest

from tests.components.imaging.pictures import GREY, PASS, interlaced, png, refused, rows, save

REFUSED = {
    "png_signature_only": (b"\x89PNG\r\n\x1a\n", "truncated"),
    "png_without_end": (save(GREY, "PNG")[:-12], "truncated"),
    "png_rows_missing": (png(rows(GREY)[:-30]), "truncated"),
    "png_rows_missing_interlaced": (png(interlaced(GREY)[:-30], lace=1), "truncated"),
    "png_bit_rot": (save(GREY, "PNG").replace(b"IDAT", b"IDAT\0", 1)[:-1], "corrupt"),
    "png_filter_unknown": (png(b"\x09" + rows(GREY)[1:]), "corrupt"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_carry_their_reason(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason


@pytest.mark.parametrize("name", ["PNG_8_grey", "PNG_8_rgb"])
def test_no_truncated_file_passes(name: str) -> None:
    data = PASS[name]
    for length in range(1, len(data), 7):
        refused(data[:length])


def test_flipped_bits_in_png_pixels_are_noticed() -> None:
    data = bytearray(save(GREY, "PNG"))
    for place in range(data.index(b"IDAT") + 4, len(data) - 12, 5):
        damaged = data.copy()
        damaged[place] ^= 4
        assert refused(bytes(damaged)).reason == "corrupt"
