"""Generated DICOM files, read by us and by an independent reading of the standard.

The reference starts from the values that were stored, and takes pydicom's `apply_modality_lut` and
`apply_windowing` where they follow the standard. Where they do not, or the standard leaves the
choice to the viewer, it computes what we decided, by other code than ours:

1. LINEAR with a width below 1 is outside of its domain (PS3.3 C.11.2.1.2.1). pydicom raises, we
   take LINEAR_EXACT.
2. A negative slope turns pydicom's output range upside down: low values come out white.
3. pydicom looks up tables and palettes whose entries have 8 bits by an index of 8 bits, which
   wraps.
4. The largest entry of a VOI table is white, whatever bits its descriptor declares.
5. A window or table that shows a single grey is left out, and the values are stretched.
6. The first value of a VOI table is in two's complement where the rescaled values are signed.
"""

import io
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread, uid
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_modality_lut, apply_windowing

from components.imaging.images import read_image
from tests.components.imaging.dicom_files import item, j2k, make
from tests.components.imaging.pictures import pixels_of

ROWS, COLUMNS = 16, 24  # of what `make` writes
NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
PACKED = (uid.RLELossless, uid.JPEGLSLossless, uid.JPEG2000Lossless)

# === What is generated ===


@st.composite
def stored_values(draw: Any, samples: int, least_bits: int = 2) -> dict[str, Any]:
    """A picture and its layout: `values` [rows, columns(, 3)], and the keywords of the header."""
    allocated = draw(st.sampled_from([8, 16]))
    bits = draw(st.integers(least_bits, allocated))
    signed = samples == 1 and draw(st.booleans())
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    shape = (ROWS, COLUMNS, 3) if samples == 3 else (ROWS, COLUMNS)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["noise", "ramp", "two values", "constant"]))
    values = {
        "noise": lambda: rng.integers(low, high + 1, shape),
        "ramp": lambda: np.linspace(low, high, np.prod(shape)).round().reshape(shape),
        "two values": lambda: rng.choice([low, high], shape),
        "constant": lambda: np.full(shape, rng.integers(low, high + 1)),
    }[kind]()
    return {
        "values": values.astype(np.int64),
        "allocated": allocated,
        "bits": bits,
        "signed": signed,
        "rng": rng,
    }


windows = st.fixed_dictionaries(
    {
        "center": st.floats(-5000, 70_000).map(lambda value: round(value, 3)),
        "width": st.one_of(
            st.sampled_from([0.25, 0.5, 1, 1.5, 2, 256, 4096]),
            st.floats(0.01, 70_000).map(lambda value: round(value, 3)),
        ),
        "function": st.sampled_from([None, "LINEAR", "LINEAR_EXACT", "SIGMOID"]),
    }
)
rescales = st.tuples(
    st.sampled_from([1, 2, 0.5, 1e-3, 0.0244, -1, 100]), st.sampled_from([0, -1024, 3.5, 1000])
)
paddings = st.tuples(st.integers(-9, 40), st.none() | st.integers(-9, 60))  # value, range limit
tables = st.fixed_dictionaries(
    {
        "count": st.sampled_from([2, 3, 100, 256, 4096, 65536]),
        "first": st.sampled_from([0, 1, 100, -100, -1024]),
        "bits": st.sampled_from([8, 12, 16]),
        "as_bytes": st.booleans(),
        "seed": st.integers(0, 2**32 - 1),
    }
)


def lut_item(table: dict[str, Any], signed: bool, little: bool) -> tuple[list[Dataset], np.ndarray]:
    """A table as a sequence, and its entries."""
    top = 2 ** table["bits"] - 1
    entries = np.random.default_rng(table["seed"]).integers(0, top + 1, table["count"])
    [made] = item()
    first = table["first"] if signed else table["first"] % 65536
    vr = "SS" if signed else "US"
    count = table["count"] % 65536
    count = count - 65536 if signed and count > 32767 else count
    made.add_new("LUTDescriptor", vr, [count, first, table["bits"]])
    if table["as_bytes"]:
        made.add_new("LUTData", "OW", entries.astype("<u2" if little else ">u2").tobytes())
    else:
        made.add_new("LUTData", "US", entries.tolist())
    return [made], entries


@st.composite
def grey_files(draw: Any) -> dict[str, Any]:
    picture = draw(stored_values(samples=1))
    packed = draw(st.sampled_from([None, None, *PACKED]))
    if packed and picture["bits"] <= 8:  # pydicom's encoders take the smallest container
        picture["allocated"] = 8
    if packed == uid.JPEG2000Lossless:  # Pillow writes unsigned values of full depth
        picture |= {"bits": picture["allocated"], "signed": False}
        picture["values"] = np.abs(picture["values"])
    return picture | {
        "photometric": draw(st.sampled_from(["MONOCHROME1", "MONOCHROME2"])),
        "syntax": packed or draw(st.sampled_from(NATIVE)),
        "above": 0 if packed else draw(st.integers(0, picture["allocated"] - picture["bits"])),
        "window": draw(st.none() | windows),
        "rescale": draw(st.none() | rescales),
        "voi": draw(st.none() | st.none() | tables),
        "modality": draw(st.none() | st.none() | st.none() | tables),
        "padding": draw(st.none() | paddings),
    }


@st.composite
def colour_files(draw: Any) -> dict[str, Any]:
    picture = draw(stored_values(samples=3, least_bits=8))
    syntax = draw(st.sampled_from([*NATIVE, uid.RLELossless]))
    if syntax == uid.RLELossless and picture["bits"] == 8:
        picture["allocated"] = 8
    return picture | {
        "syntax": syntax,
        "planar": draw(st.sampled_from([0, 1])),
    }


@st.composite
def palette_files(draw: Any) -> dict[str, Any]:
    picture = draw(stored_values(samples=1))
    picture["values"] = np.abs(picture["values"])
    picture["values"] = np.minimum(picture["values"], 2 ** (picture["bits"] - 1) - 1)
    return picture | {
        "signed": False,
        "syntax": draw(st.sampled_from([uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian])),
        "count": draw(st.sampled_from([2, 17, 256, 4096])),
        "first": draw(st.sampled_from([0, 1, 7])),
        "entry_bits": draw(st.sampled_from([8, 16])),
    }


# === How it is written ===


def layout(file: dict[str, Any]) -> dict[str, Any]:
    above = file.get("above", 0)
    return {
        "BitsAllocated": file["allocated"],
        "BitsStored": file["bits"],
        "HighBit": file["bits"] - 1 + above,
        "PixelRepresentation": int(file["signed"]),
    }


def container(file: dict[str, Any]) -> np.ndarray:
    """The stored values as they stand in the file, with other bits around where there is room."""
    dtype = np.dtype(f"{'i' if file['signed'] else 'u'}{file['allocated'] // 8}")
    above = file.get("above", 0)
    if not above:
        return file["values"].astype(dtype)
    mask = (1 << file["bits"]) - 1
    noise = file["rng"].integers(0, 1 << file["allocated"], file["values"].shape)
    bits = (noise & ~(mask << above)) | ((file["values"] & mask) << above)
    return bits.astype(f"u{file['allocated'] // 8}").view(dtype)


def compressed(pixels: np.ndarray, file: dict[str, Any], tags: dict[str, Any]) -> bytes:
    syntax = file["syntax"]
    if syntax == uid.JPEG2000Lossless:
        return make(pixels, syntax, PixelData=encapsulate([j2k(pixels)]), **tags)
    dataset = dcmread(io.BytesIO(make(pixels, **tags)))
    dataset.compress(syntax, generate_instance_uid=False)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def written(pixels: np.ndarray, file: dict[str, Any], tags: dict[str, Any]) -> bytes:
    if file["syntax"] in PACKED:
        return compressed(pixels, file, tags)
    return make(pixels, file["syntax"], **tags)


def grey_file(file: dict[str, Any]) -> tuple[bytes, dict[str, np.ndarray]]:
    """The bytes, and the entries of its tables."""
    tags = {"PhotometricInterpretation": file["photometric"], **layout(file)}
    entries = {}
    little = file["syntax"] != uid.ExplicitVRBigEndian
    if window := file["window"]:
        tags["WindowCenter"], tags["WindowWidth"] = window["center"], window["width"]
        if window["function"]:
            tags["VOILUTFunction"] = window["function"]
    if file["rescale"]:
        tags["RescaleSlope"], tags["RescaleIntercept"] = file["rescale"]
    for name, sequence in (("voi", "VOILUTSequence"), ("modality", "ModalityLUTSequence")):
        if file[name]:
            tags[sequence], entries[name] = lut_item(file[name], file["signed"], little)
    if file["padding"]:
        value, limit = file["padding"]
        tags["PixelPaddingValue"] = as_written(value, file)
        if limit is not None:
            tags["PixelPaddingRangeLimit"] = as_written(limit, file)
    return written(container(file), file, tags), entries


def as_written(value: int, file: dict[str, Any]) -> int:
    return value if file["signed"] else value % 2 ** file["allocated"]


# === The independent reading ===


# What shows one level alone is left out (difference 5). Where all values lie within one level, the
# last bit of a float decides whether rounding makes one of them or two: either is right then.
ONE_LEVEL: tuple[Callable[[np.ndarray], bool], ...] = (
    lambda shown: len(np.unique(np.rint(shown))) == 1,
    lambda shown: bool(np.ptp(shown) < 1),
    lambda shown: bool(np.ptp(shown) == 0),
)


def reference(
    file: dict[str, Any],
    data: bytes,
    entries: dict[str, np.ndarray],
    one_level: Callable[[np.ndarray], bool],
) -> np.ndarray:
    dataset = dcmread(io.BytesIO(data))
    stored = file["values"]
    if file["modality"]:
        signed = file["signed"]
        values = looked_up(stored, file["modality"], entries["modality"], signed).astype(float)
    else:
        values = np.asarray(apply_modality_lut(stored, dataset), np.float64)
    shown = None
    if file["voi"]:
        signed = file["signed"] or values.min() < 0  # difference 6
        table = looked_up(np.rint(values), file["voi"], entries["voi"], signed)
        top = entries["voi"].max()
        shown = table / top * 255 if top else table * 0.0
        shown = None if one_level(shown) and np.ptp(values) else shown
    if shown is None and file["window"]:
        shown = windowed(values, dataset, file)
        shown = None if one_level(shown) and np.ptp(values) else shown
    if shown is None:
        shown = stretched(stored, values, file)
    return 255 - shown if file["photometric"] == "MONOCHROME1" else shown


def looked_up(
    values: np.ndarray, table: dict[str, Any], entries: np.ndarray, signed: bool
) -> np.ndarray:
    first = table["first"] if signed else table["first"] % 65536
    return entries[np.clip(values - first, 0, table["count"] - 1).astype(np.int64)]


def windowed(values: np.ndarray, dataset: Dataset, file: dict[str, Any]) -> np.ndarray:
    window = file["window"]
    function = window["function"] or "LINEAR"
    if function == "LINEAR" and window["width"] < 1:  # difference 1
        low = window["center"] - window["width"] / 2
        return np.clip((values - low) / window["width"], 0, 1) * 255
    for keyword in ("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence"):
        if keyword in dataset:  # difference 2: without them the output range is that of the pixels
            del dataset[keyword]
    dataset.BitsStored, dataset.PixelRepresentation = 8, 0
    return apply_windowing(values, dataset)


def stretched(stored: np.ndarray, values: np.ndarray, file: dict[str, Any]) -> np.ndarray:
    inside = np.ones(stored.shape, bool)
    if file["padding"]:
        value, limit = (None if end is None else as_written(end, file) for end in file["padding"])
        ends = sorted((value, value if limit is None else limit))
        inside = ~((stored >= ends[0]) & (stored <= ends[1]))
    counted = values[inside] if inside.any() else values
    low = np.percentile(counted, 0.5, method="lower")
    high = np.percentile(counted, 99.5, method="higher")
    if low == high:
        low, high = counted.min(), counted.max()
    return np.clip((values - low) / (high - low), 0, 1) * 255 if high > low else values * 0


# === The comparison ===


def check_grey(file: dict[str, Any]) -> None:
    data, entries = grey_file(file)
    ours = pixels_of(read_image(data)).astype(float)
    differences = (
        np.abs(ours - reference(file, data, entries, one_level)).max() for one_level in ONE_LEVEL
    )
    assert any(found <= 1 for found in differences), {**file, "values": file["values"][:2]}


def check_colour(file: dict[str, Any]) -> None:
    pixels = container(file)
    by_plane = np.moveaxis(pixels, -1, 0) if file["planar"] else pixels
    tags = {**layout(file), "PlanarConfiguration": file["planar"]}
    if file["syntax"] in NATIVE:
        order = "<" if file["syntax"].is_little_endian else ">"
        tags["PixelData"] = by_plane.astype(pixels.dtype.newbyteorder(order)).tobytes()
    else:
        tags["PlanarConfiguration"] = 0
    ours = pixels_of(read_image(written(pixels, file, tags)))
    np.testing.assert_array_equal(ours, file["values"] >> (file["bits"] - 8))


def check_palette(file: dict[str, Any]) -> None:
    tags = {"PhotometricInterpretation": "PALETTE COLOR", **layout(file)}
    index = np.clip(file["values"] - file["first"], 0, file["count"] - 1)
    expected = []
    for name in ("Red", "Green", "Blue"):
        entries = file["rng"].integers(0, 2 ** file["entry_bits"], file["count"])
        entries[0] = 2 ** file["entry_bits"] - 1  # bright: else 8 bits in 16 are meant
        expected.append(entries[index] >> (file["entry_bits"] - 8))
        stem = f"{name}PaletteColorLookupTable"
        tags[f"{stem}Descriptor"] = [file["count"], file["first"], file["entry_bits"]]
        raw = entries.astype(f"<u{file['entry_bits'] // 8}").tobytes()
        tags[f"{stem}Data"] = raw + b"\0" * (len(raw) % 2)
    ours = pixels_of(read_image(written(container(file), file, tags)))
    np.testing.assert_array_equal(ours, np.stack(expected, -1))


CHECKS = {
    "grey": (grey_files(), check_grey),
    "colour": (colour_files(), check_colour),
    "palette": (palette_files(), check_palette),
}


def run(name: str, examples: int) -> None:
    strategy, check = CHECKS[name]
    settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(check))()


@pytest.mark.parametrize("name", CHECKS)
def test_generated_files_agree(name: str) -> None:
    run(name, 100)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "examples"), [("grey", 800), ("colour", 300), ("palette", 300)])
def test_thousands_of_generated_files_agree(name: str, examples: int) -> None:
    run(name, examples * int(os.environ.get("MEDTFX_FUZZ", "1")))
