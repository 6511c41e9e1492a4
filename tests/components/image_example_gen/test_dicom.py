"""DICOM files to 8-bit pixels: the grey-scale pipeline, colours, compression, tags, refusals."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from components.image_example_gen import dicom
from components.image_example_gen.images import ReadImage, UnreadableImage, read_image, stretch

# === The pictures: not square, no symmetry ===

ROWS, COLUMNS = 16, 24
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
RAMP = (X * 160 + Y * 20).astype(np.uint16)  # 12 bits: 0..3980
RGB = np.stack([X * 10, Y * 15, 255 - X * 9], -1).astype(np.uint8)


def make(
    pixels: np.ndarray = RAMP, syntax: uid.UID = uid.ExplicitVRLittleEndian, **tags: object
) -> bytes:
    """A DICOM file of one frame (or of several, if `NumberOfFrames` is given).

    `pixels` sets the layout, `tags` are keywords of the dataset and win; None removes one.
    """
    colour = pixels.shape[-1] == 3
    bits = pixels.dtype.itemsize * 8
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = uid.DigitalXRayImageStorageForPresentation, "1.2"
    dataset.Rows, dataset.Columns = ROWS, COLUMNS
    dataset.SamplesPerPixel = 3 if colour else 1
    dataset.PhotometricInterpretation = "RGB" if colour else "MONOCHROME2"
    if colour:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    order = "<" if syntax.is_little_endian else ">"
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    for keyword, value in tags.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return write(dataset, syntax)


def write(dataset: Dataset, syntax: uid.UID = uid.ExplicitVRLittleEndian) -> bytes:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    if "PixelData" in dataset:
        dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"
        dataset["PixelData"].is_undefined_length = syntax.is_encapsulated
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def item(**tags: object) -> list[Dataset]:
    dataset = Dataset()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    return [dataset]


def lut(first: int, entries: list[int], bits: int = 16, vr: str = "US") -> list[Dataset]:
    """A look-up table; LUT Data is written as numbers (US) or as bytes (OW)."""
    [table] = item()
    table.add_new("LUTDescriptor", "US", [len(entries), first % 65536, bits])
    packed = np.array(entries, "<u2").tobytes()
    table.add_new("LUTData", vr, packed if vr == "OW" else entries)
    return [table]


def pixels_of(image: ReadImage) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image.encoded)))


def shown(*args: object, **tags: object) -> np.ndarray:
    return pixels_of(read_image(make(*args, **tags)))


def linear(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, for an output of 0..255."""
    middle = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.rint(np.clip(middle, 0, 255))


FULL = {"WindowCenter": 2048, "WindowWidth": 4096}
EXPECTED = linear(RAMP.astype(float), 2048, 4096)

# === Window and rescale ===


def test_window() -> None:
    np.testing.assert_array_equal(shown(**FULL), EXPECTED)
    narrow = shown(WindowCenter=1000, WindowWidth=500)
    np.testing.assert_array_equal(narrow, linear(RAMP.astype(float), 1000, 500))
    assert (narrow.min(), narrow.max()) == (0, 255)


def test_first_of_several_windows() -> None:
    several = shown(WindowCenter=[2048, 40], WindowWidth=[4096, 400])
    np.testing.assert_array_equal(several, EXPECTED)


def test_linear_exact() -> None:
    exact = shown(WindowCenter=2000, WindowWidth=4000, VOILUTFunction="LINEAR_EXACT")
    np.testing.assert_array_equal(exact, np.rint(RAMP / 4000 * 255))


def test_sigmoid() -> None:
    curve = shown(WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID")
    expected = 255 / (1 + np.exp(-4 * (RAMP.astype(float) - 2000) / 1000))
    np.testing.assert_array_equal(curve, np.rint(expected))


def test_window_of_width_one_is_a_threshold() -> None:
    threshold = shown(WindowCenter=2000, WindowWidth=1)
    np.testing.assert_array_equal(threshold, (RAMP >= 2000) * 255)


def test_rescale_comes_before_the_window() -> None:
    stored = (RAMP // 2).astype(np.uint16)
    units = shown(stored, RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=40, WindowWidth=400)
    np.testing.assert_array_equal(units, linear(stored * 2.0 - 1024, 40, 400))


def test_signed_values() -> None:
    stored = (RAMP.astype(np.int16) - 1024).astype(np.int16)
    signed = shown(stored, WindowCenter=40, WindowWidth=400)
    np.testing.assert_array_equal(signed, linear(stored.astype(float), 40, 400))


def test_monochrome1_is_inverted() -> None:
    inverted = shown(**FULL, PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(inverted, 255 - EXPECTED)
    plain, turned = shown(), shown(PhotometricInterpretation="MONOCHROME1")
    np.testing.assert_array_equal(turned, 255 - plain)


def test_overlay_in_the_unused_bits_is_ignored() -> None:
    marked = (RAMP | ((X == 5) << 15)).astype(np.uint16)
    np.testing.assert_array_equal(shown(marked, BitsStored=12, HighBit=11, **FULL), EXPECTED)


@pytest.mark.parametrize(
    "window",
    [
        {},
        {"WindowCenter": 2048},
        {"WindowCenter": 2048, "WindowWidth": 0},
        {"WindowCenter": 2048, "WindowWidth": -5},
        {"WindowCenter": "", "WindowWidth": ""},
        {"WindowCenter": 60_000, "WindowWidth": 100},  # beside the data: all black
        {"WindowCenter": -60_000, "WindowWidth": 100},  # all white
    ],
    ids=str,
)
def test_without_a_usable_window_the_values_are_stretched(window: dict[str, object]) -> None:
    np.testing.assert_array_equal(shown(**window), stretch(RAMP))


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32])
def test_bit_depths(dtype: type) -> None:
    info = np.iinfo(dtype)
    stored = (RAMP / 4000 * (info.max - info.min) + info.min).astype(dtype)
    np.testing.assert_allclose(shown(stored), shown(), atol=3)


def test_padding_does_not_set_the_range() -> None:
    padded = RAMP.astype(np.int16)
    padded[:, :6] = -2000
    inside = shown(padded, PixelPaddingValue=-2000)
    assert (inside[:, :6] == 0).all()
    assert inside[0, 6] == 0
    assert shown(padded)[0, 6] > 80


def test_constant_frame_is_black_and_no_error() -> None:
    assert shown(np.full((ROWS, COLUMNS), 7, np.uint16)).max() == 0


def test_float_pixels() -> None:
    values = RAMP.astype(np.float32) / 1000 - 2
    keywords = {"FloatPixelData": values.tobytes(), "PixelData": None, "PixelRepresentation": None}
    np.testing.assert_array_equal(shown(BitsAllocated=32, **keywords), stretch(values))
    values[3, 3] = np.nan
    keywords["FloatPixelData"] = values.tobytes()
    for window in ({}, FULL):
        assert refused(make(BitsAllocated=32, **keywords, **window)).reason == "corrupt"


# === Tables ===


@pytest.mark.parametrize("vr", ["US", "OW"])
def test_voi_lut_wins_over_the_window(vr: str) -> None:
    table = lut(0, [4095 - value for value in range(4096)], bits=12, vr=vr)
    expected = np.rint((4095 - RAMP.astype(float)) / 4095 * 255)
    np.testing.assert_array_equal(shown(**FULL, VOILUTSequence=table), expected)


def test_voi_lut_outside_of_its_range() -> None:
    table = shown(VOILUTSequence=lut(1000, [0, 100, 200]))
    expected = np.select([RAMP <= 1000, RAMP == 1001], [0, 128], default=255)
    np.testing.assert_array_equal(table, expected)


def test_voi_lut_of_signed_values() -> None:
    stored = (RAMP.astype(np.int16) - 1024).astype(np.int16)
    table = shown(stored, VOILUTSequence=lut(-2, [0, 85, 170, 255]))
    np.testing.assert_array_equal(table, np.clip(stored.astype(int) + 2, 0, 3) * 85)


def test_modality_lut() -> None:
    table = lut(0, [2 * value for value in range(4096)])
    np.testing.assert_array_equal(
        shown(ModalityLUTSequence=table, WindowCenter=1000, WindowWidth=500),
        linear(RAMP * 2.0, 1000, 500),
    )


@pytest.mark.parametrize(
    "groups", ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]
)
def test_enhanced_files_keep_window_and_rescale_by_frame(groups: str) -> None:
    group = item(
        PixelValueTransformationSequence=item(RescaleSlope=2, RescaleIntercept=-1024),
        FrameVOILUTSequence=item(WindowCenter=40, WindowWidth=400),
    )
    np.testing.assert_array_equal(shown(**{groups: group}), linear(RAMP * 2.0 - 1024, 40, 400))


def test_first_frame_of_several() -> None:
    frames = np.stack([RAMP, RAMP[::-1], RAMP // 2])
    np.testing.assert_array_equal(shown(frames, NumberOfFrames=3, **FULL), EXPECTED)


# === Colours ===


def test_rgb() -> None:
    np.testing.assert_array_equal(shown(RGB), RGB)
    by_plane = np.ascontiguousarray(RGB.transpose(2, 0, 1)).tobytes()
    np.testing.assert_array_equal(shown(RGB, PlanarConfiguration=1, PixelData=by_plane), RGB)
    deep = RGB.astype(np.uint16)
    np.testing.assert_array_equal(shown(deep * 256 + 200), RGB)
    np.testing.assert_array_equal(shown(deep * 16 + 9, BitsStored=12, HighBit=11), RGB)


def test_ybr() -> None:
    ybr = np.asarray(Image.fromarray(RGB).convert("YCbCr"))
    full = shown(ybr, PhotometricInterpretation="YBR_FULL").astype(int)
    np.testing.assert_allclose(full, RGB, atol=3)
    grey = np.stack([RGB[..., 0]] * 3, -1)
    y = grey[..., 0].reshape(-1, 2)
    half = np.stack([y[:, 0], y[:, 1], np.full(len(y), 128), np.full(len(y), 128)], -1)
    data = half.astype(np.uint8).tobytes()
    half_shown = shown(grey, PhotometricInterpretation="YBR_FULL_422", PixelData=data)
    np.testing.assert_array_equal(half_shown, grey)


@pytest.mark.parametrize(("bits", "scale"), [(8, 1), (16, 257), (16, 1)])  # the last: a common slip
def test_palette(bits: int, scale: int) -> None:
    tables = {}
    for name, entries in (("Red", range(256)), ("Green", range(255, -1, -1)), ("Blue", [9] * 256)):
        stem = f"{name}PaletteColorLookupTable"
        tables[f"{stem}Descriptor"] = [256, 0, bits]
        data = np.array([value * scale for value in entries], "<u2" if bits == 16 else "u1")
        tables[f"{stem}Data"] = data.tobytes()
    index = (RAMP // 16).astype(np.uint8)
    coloured = shown(index, PhotometricInterpretation="PALETTE COLOR", **tables)
    expected = np.stack([index, 255 - index, np.full_like(index, 9)], -1)
    np.testing.assert_array_equal(coloured, expected)


# === Transfer syntaxes ===


def j2k(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG2000", no_jp2=True)
    return buffer.getvalue()


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=100, subsampling=0)
    return buffer.getvalue()


def rle(pixels: np.ndarray) -> bytes:
    """High bytes, then low bytes, in literal runs."""
    segments = []
    for plane in (pixels >> 8, pixels & 255):
        rows = plane.astype(np.uint8)
        segments.append(b"".join(bytes([COLUMNS - 1]) + row.tobytes() for row in rows))
    return struct.pack("<16I", 2, 64, 64 + len(segments[0]), *[0] * 13) + b"".join(segments)


TRANSCODE = """
import sys, gdcm
reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
source, target, process = sys.argv[1:]
reader.SetFileName(source)
assert reader.Read()
change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, process)))
change.SetInput(reader.GetImage())
assert change.Change()
writer.SetFileName(target)
writer.SetFile(reader.GetFile())
writer.SetImage(change.GetOutput())
assert writer.Write()
"""


def gdcm_encoded(data: bytes, process: str, folder: Path) -> bytes:
    """The same file in another transfer syntax, by its name in GDCM."""
    pytest.importorskip("gdcm")
    source, target = folder / "plain.dcm", folder / "compressed.dcm"
    source.write_bytes(data)
    # In a process of its own, for the reason given in `dicom._decompress`.
    subprocess.run([sys.executable, "-c", TRANSCODE, source, target, process], check=True)
    return target.read_bytes()


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


@pytest.mark.parametrize("syntax", [uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian])
def test_bare_dataset_without_preamble(syntax: uid.UID) -> None:
    data = make(RAMP, syntax, **FULL)
    np.testing.assert_array_equal(pixels_of(read_image(data[132:])), EXPECTED)  # with group 0002
    group = 12 + int.from_bytes(data[140:144], "little")
    bare = data[132 + group :]
    assert dicom.is_dicom(bare)
    np.testing.assert_array_equal(pixels_of(read_image(bare)), EXPECTED)


def test_gdcm_can_not_take_the_process_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    data = gdcm_encoded(make(**FULL), "JPEGLosslessProcess14_1", tmp_path)
    monkeypatch.setattr(dicom, "_WORKER", "import os; os.abort()")
    assert refused(data).reason == "corrupt"
    monkeypatch.setattr(dicom, "_WORKER", "import sys; sys.exit(\"No module named 'gdcm'\")")
    assert "pip install python-gdcm" in refused(data).detail
    monkeypatch.setattr(dicom, "_WORKER", "import time; time.sleep(60)")
    monkeypatch.setattr(dicom, "_GDCM_SECONDS", 0.2)
    assert refused(data).reason == "corrupt"


# === Refusals ===


def refused(data: bytes, **options: int) -> UnreadableImage:
    with pytest.raises(UnreadableImage) as caught:
        read_image(data, **options)
    assert len(caught.value.detail) > 20
    return caught.value


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
    "rows_absent": (lambda: make(Rows=None), "too_small"),
    "rows_7": (lambda: make(Rows=7), "too_small"),
    "half": (lambda: make()[:-400], "truncated"),
    "rows_60000": (lambda: make(Rows=60_000, Columns=60_000), "too_large"),
    "deflate_bomb": (deflate_bomb, "too_large"),
    "photometric_absent": (lambda: make(PhotometricInterpretation=None), "corrupt"),
    "photometric_unknown": (lambda: make(RGB, PhotometricInterpretation="HSV"), "unsupported"),
    "palette_absent": (
        lambda: make(RAMP, PhotometricInterpretation="PALETTE COLOR"), "unsupported",
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


# === Tags ===


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, {}),
        ({"ViewPosition": "PA", "Modality": "DX"}, {"view": "PA", "modality": "DX"}),
        ({"ViewPosition": " pa "}, {"view": "PA"}),
        ({"ViewPosition": ""}, {}),
        ({"PatientSex": "F"}, {"sex": "F"}),
        ({"PatientSex": "m"}, {"sex": "M"}),
        ({"PatientSex": "X"}, {}),
        ({"PatientAge": "045Y"}, {"age": 45}),
        ({"PatientAge": "018M"}, {"age": 1}),
        ({"PatientAge": "051W"}, {"age": 0}),
        ({"PatientAge": "005D"}, {"age": 0}),
        ({"PatientAge": "089Y"}, {"age": 89}),
        ({"PatientAge": "090Y"}, {"age": 90}),
        ({"PatientAge": "104Y"}, {"age": 90}),
        ({"PatientAge": "old"}, {}),
        ({"Manufacturer": "ACME Imaging "}, {"manufacturer": "ACME Imaging"}),
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR")  # pydicom, when it writes the file
def test_tags(tags: dict[str, str], expected: dict[str, object]) -> None:
    assert read_image(make(**tags)).tags == expected


def test_no_tag_tells_who_the_patient_is() -> None:
    data = make(
        PatientName="DOE^JANE", PatientID="SECRET-1", PatientBirthDate="19700101",
        InstitutionName="St. Elsewhere", AccessionNumber="A1", StudyDate="20200101", Modality="DX",
    )  # fmt: skip
    image = read_image(data)
    assert image.tags == {"modality": "DX"}
    assert image.patient_id == "SECRET-1"
    assert "SECRET" not in repr(image)
    for secret in (b"DOE", b"SECRET", b"Elsewhere", b"1970"):
        assert secret in data
        assert secret not in image.encoded


@pytest.mark.parametrize(
    ("written", "found"), [(None, None), ("", None), (" 00 17 ", "00 17"), ("Ärztin", "Ärztin")]
)
def test_patient_id(written: str | None, found: str | None) -> None:
    tags = {} if written is None else {"PatientID": written, "SpecificCharacterSet": "ISO_IR 192"}
    assert read_image(make(**tags)).patient_id == found


# === Manners ===


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
