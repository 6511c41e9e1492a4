"""What format a file has, by its first bytes."""

import pytest

from components.imaging.signature import is_dicom, sniff
from tests.components.imaging.pictures import CATALOGUE, RGB, refused, save

REFUSED = {
    "empty": (b"", "empty"),
    "text": (b"patient;age\n1;45\n", "not_an_image"),
    "pdf": (b"%PDF-1.7 " + bytes(500), "not_an_image"),
    "zip": (b"PK\3\4" + bytes(500), "not_an_image"),
    "zeros": (bytes(5000), "not_an_image"),
    "heic": (b"\0\0\0\x18ftypheic" + bytes(500), "unsupported"),
    "jpeg_2000": (save(RGB, "JPEG2000"), "unsupported"),
}


@pytest.mark.parametrize(("data", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_refusals_carry_their_reason(data: bytes, reason: str) -> None:
    assert refused(data).reason == reason


def test_every_kind_is_known() -> None:
    for name, data in CATALOGUE.items():
        assert sniff(data) == name.split("_")[0]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (bytes(128) + b"DICM", True),
        (b"\x08\0\x05\0CS\x0a\0ISO_IR 100", True),  # bare, explicit
        (b"\0\x08\0\x05CS\0\x0aISO_IR 100", True),  # and big endian
        (b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100", True),  # bare, implicit
        (b"\x08\0\x05\0\0\0\x0a\0ISO_IR 100", False),  # its length is beyond reason
        (b"\x10\0\x20\0LO\x0a\0", False),  # group 0010 never comes first
        (bytes(132), False),
    ],
)
def test_dicom_with_and_without_preamble(start: bytes, expected: bool) -> None:
    assert is_dicom(start + bytes(100)) is expected
