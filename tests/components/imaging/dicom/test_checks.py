"""DICOM files that are refused by their headers, or for what they are."""

import zlib
from collections.abc import Callable

import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.components.imaging.dicom_files import RAMP, RGB, j2k, jpeg, make, write
from tests.components.imaging.pictures import refused


def pdf() -> bytes:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = uid.EncapsulatedPDFStorage, "1.2"
    dataset.EncapsulatedDocument = b"%PDF-1.7"
    return write(dataset)


def deflate_bomb() -> bytes:
    data = make(RAMP, uid.DeflatedExplicitVRLittleEndian)
    start = 144 + int.from_bytes(data[140:144], "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return data[:start] + packer.compress(bytes(100_000_000)) + packer.flush()


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "pdf": (pdf, "no_pixels"),
    "pixel_data_empty": (lambda: make(PixelData=b""), "no_pixels"),
    "pixel_data_absent": (lambda: make(PixelData=None), "no_pixels"),
    "rows_absent": (lambda: make(Rows=None), "corrupt"),
    "rows_7": (lambda: make(Rows=7), "too_small"),
    "half": (lambda: make()[:-400], "truncated"),
    "rows_60000": (lambda: make(Rows=60_000, Columns=60_000), "too_large"),
    "deflate_bomb": (deflate_bomb, "too_large"),
    "photometric_absent": (lambda: make(PhotometricInterpretation=None), "corrupt"),
    "photometric_unknown": (lambda: make(RGB, PhotometricInterpretation="HSV"), "unsupported"),
    "palette_absent": (
        lambda: make(RAMP, PhotometricInterpretation="PALETTE COLOR"), "corrupt",
    ),
    "syntax_unknown": (
        lambda: make(syntax=uid.MPEG2MPML, PixelData=encapsulate([bytes(99)])), "unsupported",
    ),
    "jpeg_of_another_size": (
        lambda: make(RGB, uid.JPEGBaseline8Bit, PixelData=encapsulate([jpeg(RGB[:12])])), "corrupt",
    ),
    "j2k_of_another_size": (
        lambda: make(RAMP, uid.JPEG2000Lossless, PixelData=encapsulate([j2k(RAMP[:12])])),
        "corrupt",
    ),
    "jpeg_half": (
        lambda: make(RGB, uid.JPEGBaseline8Bit, PixelData=encapsulate([jpeg(RGB)[:500]])),
        "truncated",
    ),
    "j2k_half": (
        lambda: make(RAMP, uid.JPEG2000Lossless, PixelData=encapsulate([j2k(RAMP)[:-40]])),
        "truncated",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_carry_their_reason(name: str) -> None:
    build, reason = REFUSED[name]
    assert refused(build(), max_pixels=1_000_000).reason == reason


def test_refusal_of_an_object_without_pixels_says_what_it_is() -> None:
    assert "Encapsulated PDF" in refused(pdf()).detail
