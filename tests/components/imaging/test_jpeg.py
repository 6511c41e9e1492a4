"""JPEG streams: what their headers say, and those that may not pass."""

from typing import Any

import numpy as np
import pytest

from components.imaging.jpeg import jpeg_header
from tests.components.imaging.pictures import HEIGHT, PASS, RGB, WIDTH, refused, save

REFUSED = {
    "jpeg_without_end": (save(RGB, "JPEG")[:-2], "truncated"),
    "jpeg_12_bit": (save(RGB, "JPEG").replace(b"\x11\x08\0\x10", b"\x11\x0c\0\x10"), "unsupported"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_carry_their_reason(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason


@pytest.mark.parametrize("name", ["JPEG_8_grey", "JPEG_8_ycc_444"])
def test_no_truncated_file_passes(name: str) -> None:
    data = PASS[name]
    for length in range(1, len(data), 7):
        refused(data[:length])


def test_jpeg_with_a_bomb_of_scans_is_refused() -> None:
    data = save(RGB, "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    assert refused(data[:last] + data[last:-2] * 200 + data[-2:]).reason == "unsupported"


def test_the_first_frame_counts_for_which_decoders_make_room() -> None:
    data = save(RGB, "JPEG")
    second = b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    header = jpeg_header(data[:-2] + second + data[-2:])
    assert (header.width, header.height) == (WIDTH, HEIGHT)


NOISE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 4}])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_picture_data_that_end_early_are_refused_though_the_end_marker_follows(
    share: float, options: dict[str, Any]
) -> None:
    data = save(NOISE, "JPEG", **options)
    start = data.index(b"\xff\xda")
    cut = start + int(share * (len(data) - start))
    assert refused(data[:cut] + b"\xff\xd9").reason in ("corrupt", "truncated")


@pytest.mark.parametrize(("old", "new"), [(b"\n", b"\r\n"), (b"\r", b"\n"), (b"\n", b"")])
def test_translated_line_ends_are_refused(old: bytes, new: bytes) -> None:
    data = save(np.tile(NOISE, (4, 4, 1)), "JPEG")
    assert old in data
    assert refused(data.replace(old, new)).reason in ("corrupt", "truncated", "unsupported")


@pytest.mark.parametrize(
    ("name", "process", "components"),
    [
        ("JPEG_8_grey", 0xC0, 1),
        ("JPEG_8_ycc_420", 0xC0, 3),
        ("JPEG_8_ycc_progressive", 0xC2, 3),
        ("JPEG_8_ycc_restart", 0xC0, 3),
        ("JPEG_8_ycc_upright", 0xC0, 3),
        ("JPEG_8_ycc_multi_picture", 0xC0, 3),
    ],
)
def test_header(name: str, process: int, components: int) -> None:
    header = jpeg_header(PASS[name])
    assert header[:5] == (process, 8, HEIGHT, WIDTH, components)
    assert header.scans == 1 or process == 0xC2
    assert header.complete


def test_header_of_no_jpeg_at_all() -> None:
    assert jpeg_header(b"") == jpeg_header(bytes(99)) == (0, 0, 0, 0, 0, 0, False)
