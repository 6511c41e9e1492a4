"""The first frame out of every transfer syntax."""

import io
import struct
import sys
import zlib
from pathlib import Path

import jpeg_ls
import numpy as np
import pytest
from pydicom import dcmread, uid
from pydicom.dataelem import RawDataElement
from pydicom.encaps import encapsulate, get_frame
from pydicom.tag import Tag

from components.imaging.dicom import frame as dicom_frame
from components.imaging.images import read_image
from tests.components.imaging.dicom_files import (
    COLUMNS,
    EXPECTED,
    FULL,
    RAMP,
    RGB,
    gdcm_encoded,
    j2k,
    jpeg,
    make,
    shown,
)
from tests.components.imaging.pictures import pixels_of, refused


def test_what_the_layout_has_read_is_not_read_again() -> None:
    dataset = dcmread(io.BytesIO(make(**FULL)))
    for keyword, vr, value in (
        ("NumberOfFrames", "IS", b"  "),
        ("PlanarConfiguration", "US", b"1"),
    ):
        tag = Tag(keyword)
        dataset[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    np.testing.assert_array_equal(pixels_of(read_image(buffer.getvalue())), EXPECTED)


def test_first_frame_of_several() -> None:
    frames = np.stack([RAMP, RAMP[::-1], RAMP // 2])
    np.testing.assert_array_equal(shown(frames, NumberOfFrames=3, **FULL), EXPECTED)


@pytest.mark.parametrize(
    "syntax",
    [
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.DeflatedExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
    ],
    ids=lambda syntax: syntax.keyword,
)
def test_uncompressed_syntaxes(syntax: uid.UID) -> None:
    np.testing.assert_array_equal(shown(RAMP, syntax, **FULL), EXPECTED)
    np.testing.assert_array_equal(shown(RGB, syntax), RGB)


NOISE = np.random.default_rng(0).integers(0, 256, RGB.shape, np.uint8)


def in_syntax(syntax: str, pixels: np.ndarray, frame: bytes, **tags: object) -> bytes:
    """A file in a syntax that pydicom does not write: of another, with the UID replaced."""
    data = make(pixels, uid.JPEGBaseline8Bit, PixelData=encapsulate([frame]), **tags)
    old = b"UI\x16\x00" + uid.JPEGBaseline8Bit.encode()
    padded = syntax.encode() + b"\0" * (len(syntax) % 2)
    new = b"UI" + len(padded).to_bytes(2, "little") + padded
    length = int.from_bytes(data[140:144], "little") + len(new) - len(old)
    return data[:140] + length.to_bytes(4, "little") + data[144:].replace(old, new)


def test_deflated_frames() -> None:  # PS3.5 A.4.14
    packer = zlib.compressobj(wbits=-15)
    frame = packer.compress(RAMP.astype("<u2").tobytes()) + packer.flush()
    data = in_syntax(dicom_frame.DEFLATED_FRAME, RAMP, frame, **FULL)
    np.testing.assert_array_equal(pixels_of(read_image(data)), EXPECTED)
    bomb = zlib.compressobj(wbits=-15)
    packed = bomb.compress(bytes(10_000_000)) + bomb.flush()
    assert refused(in_syntax(dicom_frame.DEFLATED_FRAME, RAMP, packed)).reason == "corrupt"


@pytest.mark.parametrize("precision", [2, 7, 8, 12, 16])
def test_jpeg_ls_of_any_depth(precision: int) -> None:
    stored = (RAMP.astype(np.uint32) << 4) >> (16 - precision)
    stored = stored.astype(np.uint8 if precision <= 8 else np.uint16)
    bits = {"BitsStored": precision, "HighBit": precision - 1}
    frame = jpeg_ls.encode_pixel_data(
        stored.tobytes(),
        columns=COLUMNS,
        rows=len(stored),
        samples_per_pixel=1,
        bits_stored=precision,
    )
    packed = shown(stored, uid.JPEGLSLossless, PixelData=encapsulate([bytes(frame)]), **bits)
    np.testing.assert_array_equal(packed, shown(stored, **bits))


def test_jpeg_of_12_bits(tmp_path: Path) -> None:
    plain = make(RAMP, BitsStored=12, HighBit=11, **FULL)
    packed = gdcm_encoded(plain, "JPEGExtendedProcess2_4", tmp_path)
    np.testing.assert_allclose(pixels_of(read_image(packed)).astype(int), EXPECTED, atol=15)


@pytest.mark.parametrize("syntax", [uid.HTJ2KLossless, uid.HTJ2K])
def test_high_throughput_jpeg_2000_is_decoded_as_jpeg_2000(syntax: uid.UID) -> None:
    data = encapsulate([j2k(RAMP)])  # the same stream but for its block coder
    np.testing.assert_array_equal(shown(RAMP, syntax, PixelData=data, **FULL), EXPECTED)


@pytest.mark.parametrize(
    ("syntax", "name"),
    [
        ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
        ("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264"),
        ("1.2.840.10008.1.2.4.999", "'1.2.840.10008.1.2.4.999'"),
    ],
)
def test_other_syntaxes_are_unsupported_by_name(syntax: str, name: str) -> None:
    error = refused(in_syntax(syntax, RGB, jpeg(RGB)))
    assert error.reason == "unsupported"
    assert name in error.detail


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2] + b"\xff\xd9"


def test_half_frames_with_an_end_marker_are_refused() -> None:
    grey = np.ascontiguousarray(NOISE[..., 0])
    for syntax, frame, pixels in (
        (uid.JPEGBaseline8Bit, jpeg(NOISE), NOISE),
        (uid.JPEGLSLossless, bytes(jpeg_ls.encode_array(grey)), grey),
        (uid.JPEG2000Lossless, j2k(NOISE), NOISE),
    ):
        whole = make(pixels, syntax, PixelData=encapsulate([frame]))
        assert read_image(whole).width == COLUMNS
        error = refused(make(pixels, syntax, PixelData=encapsulate([half(frame)])))
        assert error.reason == "corrupt", syntax.name


@pytest.mark.parametrize("process", ["JPEGLosslessProcess14_1", "JPEGExtendedProcess2_4"])
def test_half_frames_of_gdcm_are_refused(process: str, tmp_path: Path) -> None:
    deep = (NOISE[..., 0].astype(np.uint16) << 4) | (NOISE[..., 1] >> 4)
    packed = gdcm_encoded(make(deep, BitsStored=12, HighBit=11), process, tmp_path)
    dataset = dcmread(io.BytesIO(packed))
    frame = get_frame(dataset.PixelData, 0, number_of_frames=1)
    dataset.PixelData = encapsulate([half(frame.rstrip(b"\0"))])
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    assert refused(buffer.getvalue()).reason == "corrupt"


def rle(pixels: np.ndarray) -> bytes:
    """High bytes, then low bytes, in literal runs."""
    segments = []
    for plane in (pixels >> 8, pixels & 255):
        rows = plane.astype(np.uint8)
        segments.append(b"".join(bytes([COLUMNS - 1]) + row.tobytes() for row in rows))
    return struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13) + b"".join(segments)


def test_rle_and_jpeg_2000_are_exact() -> None:
    packed = shown(RAMP, uid.RLELossless, PixelData=encapsulate([rle(RAMP)]), **FULL)
    np.testing.assert_array_equal(packed, EXPECTED)
    data = encapsulate([j2k(RAMP)])
    np.testing.assert_array_equal(
        shown(RAMP, uid.JPEG2000Lossless, PixelData=data, **FULL), EXPECTED
    )
    data = encapsulate([j2k(RGB)])
    colour = {"PixelData": data, "PhotometricInterpretation": "YBR_RCT"}
    np.testing.assert_array_equal(shown(RGB, uid.JPEG2000Lossless, **colour), RGB)


def test_jpeg_baseline() -> None:
    data = encapsulate([jpeg(RGB)])
    colour = {"PixelData": data, "PhotometricInterpretation": "YBR_FULL"}
    np.testing.assert_allclose(shown(RGB, uid.JPEGBaseline8Bit, **colour), RGB, atol=6)


@pytest.mark.parametrize(
    "process", ["JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless"]
)
@pytest.mark.parametrize(
    "pixels", [RAMP, (RAMP - 2000).astype(np.int16), RGB], ids=["unsigned", "signed", "rgb"]
)
def test_lossless_jpeg_is_exact(pixels: np.ndarray, process: str, tmp_path: Path) -> None:
    window = {} if pixels.ndim == 3 else FULL
    plain = make(pixels, **window)
    compressed = gdcm_encoded(plain, process, tmp_path)
    np.testing.assert_array_equal(pixels_of(read_image(compressed)), pixels_of(read_image(plain)))


@pytest.mark.parametrize(
    "crash", ["import os; os.abort()", "raise SystemExit(3)", "import time; time.sleep(60)"]
)
def test_gdcm_can_not_take_the_process_down(
    crash: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = gdcm_encoded(make(**FULL), "JPEGLosslessProcess14_1", tmp_path)
    worker = tmp_path / "worker.py"
    worker.write_text(crash)
    monkeypatch.setattr(dicom_frame, "_GDCM_WORKER", worker)
    monkeypatch.setattr(dicom_frame, "_GDCM_SECONDS", 0.5)
    assert refused(data).reason == "corrupt"


def test_without_gdcm_the_remedy_is_to_install_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = gdcm_encoded(make(**FULL), "JPEGLosslessProcess14_1", tmp_path)
    bare = [folder for folder in sys.path if "-packages" not in folder]
    monkeypatch.setattr(sys, "path", bare)
    error = refused(data)
    assert error.reason == "unsupported"
    assert "pip install python-gdcm" in error.detail
