"""DICOM files to 8-bit pixels, as a radiologist's viewer would show them.

The first frame goes through the grey-scale pipeline of the standard (PS3.3 C.7.6.3, C.11.1,
C.11.2): modality LUT or rescale, VOI LUT or window, MONOCHROME1 inversion. Without a usable
window, the robust stretch of ``images.stretch`` takes its place. Palettes and YBR become RGB.
Compressed transfer syntaxes are decoded by pydicom's plug-ins, GDCM or Pillow.

Only the tags listed in :func:`_tags` leave this module, and the patient's ID, to be hashed.
"""

from __future__ import annotations

import inspect
import io
import json
import math
import os
import re
import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.image_example_gen.images import (
    UnreadableImage,
    as_float,
    check_finite,
    check_size,
    jpeg_header,
    stretch,
    to_bytes,
)

if TYPE_CHECKING:
    from pydicom import Dataset

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")  # group 7FE0
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_GDCM_SECONDS = 120  # for one frame; 50 million pixels take about 5
_OLDEST = 90  # years; HIPAA's safe harbour lumps all ages above 89 together
# A bare dataset: group 0002 or 0008, an element, and a value representation of two letters.
_EXPLICIT_START = re.compile(rb"(?s:[\x02\x08]\x00..|\x00\x08..)[A-Z]{2}")


class DicomImage(NamedTuple):
    """The first frame and what may be known about it.

    Attributes:
        pixels: uint8 array, [rows, columns] grey or [rows, columns, 3] RGB, 0 is black.
        tags: see ``images.ReadImage``.
        patient_id: raw Patient ID (0010,0020), None if absent or empty.
    """

    pixels: NDArray[np.uint8]
    tags: dict[str, str | int]
    patient_id: str | None


def is_dicom(data: bytes) -> bool:
    """Whether the bytes are DICOM: 'DICM' at offset 128, or a bare dataset.

    A bare dataset (no preamble) starts with group 0002 or 0008: an explicit value representation,
    or an implicit length of at most 64 bytes, as the first elements of these groups have.
    """
    if data[128:132] == b"DICM" or _EXPLICIT_START.match(data):
        return True
    return (
        data[:2] in (b"\x02\x00", b"\x08\x00")
        and data[3:4] == b"\x00"
        and int.from_bytes(data[4:8], "little") <= 64 <= len(data)
    )


def read_dicom(data: bytes, max_pixels: int) -> DicomImage:
    """Decodes the first frame to 8 bits.

    Args:
        data: the whole file.
        max_pixels: refuse above this many Rows x Columns, before decoding.

    Raises:
        UnreadableImage: 'no_pixels', 'too_small', 'too_large', 'truncated', 'corrupt'.
        Exception: whatever pydicom and its plug-ins raise on broken data.
    """
    dataset = _open(data, max_pixels)
    _check_header(dataset, max_pixels)
    frame = _first_frame(dataset)
    if frame.ndim == 2 and dataset.PhotometricInterpretation.startswith("MONOCHROME"):
        pixels = _grey(frame, dataset)
    else:
        pixels = _colour(frame, dataset)
    return DicomImage(pixels, _tags(dataset), _text(dataset, "PatientID") or None)


# === Opening ===


def _open(data: bytes, max_pixels: int) -> Dataset:
    from pydicom import dcmread
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

    _check_inflated(data, max_pixels)
    dataset = dcmread(io.BytesIO(data), force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:  # a bare dataset: pydicom found it by trial
        implicit, little = dataset.original_encoding
        explicit = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else explicit
    return dataset


def _check_inflated(data: bytes, max_pixels: int) -> None:
    """Refuses a deflated dataset that would inflate without bounds: pydicom does not look."""
    if _DEFLATED not in data[:1024]:
        return
    # After the preamble comes (0002,0000): tag, 'UL', length 4, and the size of the group.
    start = 144 + int.from_bytes(data[140:144], "little")
    limit, size, tail = 8 * max_pixels, 0, data[start:]
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while tail and size <= limit:
        size += len(inflater.decompress(tail, 1 << 20))
        tail = inflater.unconsumed_tail
    if size > limit:
        raise UnreadableImage(
            "too_large",
            f"the deflated DICOM file inflates to more than {limit:.1e} bytes; "
            "save it uncompressed, or raise max_pixels",
        )


def _check_header(dataset: Dataset, max_pixels: int) -> None:
    """Refuses by the header, and by that of the compressed frame, before anything is decoded."""
    if not any(dataset.get(keyword) for keyword in _PIXELS):
        kind = getattr(dataset.get("SOPClassUID"), "name", "of unknown kind")
        raise UnreadableImage(
            "no_pixels",
            f"the DICOM object ({kind}) has no Pixel Data (7FE0,0010): it is not an image, or the "
            "file is cut off; take it out, or copy it again from the PACS",
        )
    rows, columns = (int(_number(dataset, keyword) or 0) for keyword in ("Rows", "Columns"))
    check_size(columns, rows, max_pixels)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        _check_frame(dataset, rows, columns)


def _check_frame(dataset: Dataset, rows: int, columns: int) -> None:
    """Compares the compressed first frame with the dataset: decoders believe the frame."""
    frame = _compressed_frame(dataset)
    if frame.startswith(b"\xff\xd8"):
        header = jpeg_header(frame)
        found, complete = (header.height, header.width), header.complete
    elif (start := frame[:1024].find(b"\xff\x4f\xff\x51")) >= 0:  # JPEG 2000: SOC, SIZ
        right, bottom, left, top = struct.unpack_from(">4I", frame.ljust(start + 24), start + 8)
        found, complete = (bottom - top, right - left), b"\xff\xd9" in frame[-3:]
    else:
        return
    if found != (rows, columns):
        raise UnreadableImage(
            "corrupt",
            f"Rows and Columns (0028,0010 and 0028,0011) say {(rows, columns)}, "
            f"the compressed frame says {found}; export it again from the PACS",
        )
    if not complete:
        raise UnreadableImage(
            "truncated", "the compressed frame has no end marker; copy it again from the PACS"
        )


def _compressed_frame(dataset: Dataset) -> bytes:
    from pydicom.encaps import get_frame

    frames = int(dataset.get("NumberOfFrames") or 1)
    return get_frame(dataset.PixelData, 0, number_of_frames=frames)


# === Decoding ===


def _first_frame(dataset: Dataset) -> NDArray[Any]:
    """Stored values [rows, columns] or [rows, columns, samples]; YBR has become RGB."""
    from pydicom import uid
    from pydicom.pixels.utils import pixel_array

    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit):
        return pixel_array(dataset, index=0, decoding_plugin="pillow")
    if syntax in uid.JPEG2000TransferSyntaxes:
        try:
            return pixel_array(dataset, index=0, decoding_plugin="pillow")
        except RuntimeError:  # colour of more than 8 bits, and streams that OpenJPEG dislikes
            _decompress(dataset)
    elif syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1, *uid.JPEGLSTransferSyntaxes):
        _decompress(dataset)
    return pixel_array(dataset, index=0)


def _decompress(dataset: Dataset) -> None:
    """Replaces the pixel data by its first frame, uncompressed by GDCM in a process of its own.

    Some broken frames make GDCM abort the whole process, and it writes to stderr. The process
    costs about 50 ms, as it imports nothing else.
    """
    from pydicom import uid

    syntax, bits = dataset.file_meta.TransferSyntaxUID, int(dataset.BitsStored)
    if syntax not in (uid.JPEGLossless, uid.JPEGLosslessSV1):
        # Whatever the file says: GDCM returns colour by pixel, in the smallest container.
        dataset.PlanarConfiguration = 0
        dataset.BitsAllocated = 8 if bits <= 8 else 16
    layout = (dataset.SamplesPerPixel, dataset.BitsAllocated, bits, bits - 1)
    ask = {
        "uid": str(syntax),
        "dimensions": [int(dataset.Columns), int(dataset.Rows), 1],
        "photometric": str(dataset.PhotometricInterpretation),
        "planar": int(dataset.get("PlanarConfiguration") or 0),
        "format": [int(value) for value in (*layout, dataset.PixelRepresentation)],
    }
    dataset.PixelData, dataset.NumberOfFrames = _run_gdcm(ask, dataset), 1
    dataset["PixelData"].VR = "OW"
    if dataset.PhotometricInterpretation in ("YBR_RCT", "YBR_ICT"):
        dataset.PhotometricInterpretation = "RGB"  # undone by every JPEG 2000 decoder
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian


def _run_gdcm(ask: dict[str, Any], dataset: Dataset) -> bytes:
    try:
        run = subprocess.run(
            [sys.executable, "-c", _WORKER, json.dumps(ask)],
            input=_compressed_frame(dataset),
            capture_output=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            timeout=_GDCM_SECONDS,
            check=True,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        lacking = b"No module named 'gdcm'" in (error.stderr or b"")
        raise UnreadableImage(
            "unsupported" if lacking else "corrupt",
            f"GDCM could not decode the compressed frame (transfer syntax {ask['uid']}); "
            + ("pip install python-gdcm" if lacking else "export it again from the PACS"),
        ) from error
    return run.stdout


def _gdcm_worker() -> None:
    """One compressed frame from stdin to raw pixels on stdout; run from its source text."""
    import json
    import sys

    import gdcm

    ask = json.loads(sys.argv[1])
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(sys.stdin.buffer.read())
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions(tuple(ask["dimensions"]))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType(ask["photometric"])
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    image.SetPlanarConfiguration(ask["planar"])
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(ask["uid"])))
    image.SetPixelFormat(gdcm.PixelFormat(*ask["format"]))
    # GDCM's char* arrives as text; without a picture it is None, which ends the process.
    sys.stdout.buffer.write(image.GetBuffer().encode("utf-8", "surrogateescape"))


_WORKER = inspect.getsource(_gdcm_worker) + "_gdcm_worker()"


# === Rendering ===


def _grey(frame: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """Stored values [rows, columns] of any dtype to what the standard says is displayed."""
    values = _modality(frame, dataset)
    check_finite(values)
    pixels = _voi(values, dataset)
    if pixels is None:
        padding = _number(dataset, "PixelPaddingValue")  # (0028,0120), marks what is no anatomy
        inside = values[frame != padding] if padding is not None else values
        pixels = stretch(values, sample=inside if inside.size else values)
    return ~pixels if dataset.PhotometricInterpretation == "MONOCHROME1" else pixels


def _modality(values: NDArray[Any], dataset: Dataset) -> NDArray[Any]:
    """Modality LUT Sequence (0028,3000), or Rescale Slope and Intercept (0028,1053 and 1052)."""
    if tables := dataset.get("ModalityLUTSequence"):
        return _look_up(values, tables[0], dataset)
    holder = _holder(dataset, "RescaleSlope", "PixelValueTransformationSequence")
    slope = _number(holder, "RescaleSlope") or 1.0
    intercept = _number(holder, "RescaleIntercept") or 0.0
    if (slope, intercept) == (1.0, 0.0):
        return values
    return as_float(values) * slope + intercept


def _voi(values: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8] | None:
    """VOI LUT Sequence (0028,3010), else Window Center and Width (0028,1050 and 1051), the first.

    None if there is neither, or if the window lies beside the data: a uniform picture is no use.
    """
    if tables := dataset.get("VOILUTSequence"):
        table = _table(tables[0], dataset)[1]
        # The largest entry is white: writers declare 16 bits and fill 12.
        pixels = to_bytes(_look_up(np.rint(values), tables[0], dataset), 0, float(table.max()))
    else:
        holder = _holder(dataset, "WindowCenter", "FrameVOILUTSequence")
        center, width = _number(holder, "WindowCenter"), _number(holder, "WindowWidth")
        if center is None or width is None or width <= 0:
            return None
        pixels = _window(values, center, width, str(holder.get("VOILUTFunction") or "LINEAR"))
    uniform = pixels.min() == pixels.max() and values.min() != values.max()
    return None if uniform else pixels


def _window(values: NDArray[Any], center: float, width: float, function: str) -> NDArray[np.uint8]:
    """VOI LUT Function (0028,1056): PS3.3 C.11.2.1.2 and C.11.2.1.3, output 0..255."""
    if function == "SIGMOID":
        exponent = np.clip(-4 * (values.astype(np.float64) - center) / width, -700, 700)
        return np.rint(255 / (1 + np.exp(exponent))).astype(np.uint8)
    if function == "LINEAR_EXACT":
        low, high = center - width / 2, center + width / 2
    else:
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    return to_bytes(values, low, max(high, low + 1e-3))  # a width of 1 is a threshold


def _table(item: Dataset, dataset: Dataset) -> tuple[int, NDArray[Any]]:
    """First mapped value and entries of a LUT: Descriptor (0028,3002), Data (0028,3006)."""
    count, first, _ = (int(value) for value in item.LUTDescriptor)
    data = item.LUTData
    if isinstance(data, bytes):
        little = dataset.file_meta.TransferSyntaxUID.is_little_endian
        width = 1 if len(data) < 2 * (count or 65536) else 2
        data = np.frombuffer(
            data[: len(data) // width * width], f"{'<' if little else '>'}u{width}"
        )
    if first > 0x7FFF and dataset.get("PixelRepresentation") == 1:
        first -= 0x10000  # written as unsigned, though the pixel values are signed
    return first, np.atleast_1d(np.asarray(data))[: count or 65536]


def _look_up(values: NDArray[Any], item: Dataset, dataset: Dataset) -> NDArray[Any]:
    first, table = _table(item, dataset)
    index = np.clip(values.astype(np.int64) - first, 0, len(table) - 1)
    return np.asarray(table[index])


def _colour(frame: NDArray[Any], dataset: Dataset) -> NDArray[np.uint8]:
    """Palette or RGB values (pydicom has turned YBR into RGB) to uint8 [rows, columns, 3]."""
    from pydicom.pixels.processing import apply_color_lut

    photometric, bits = str(dataset.PhotometricInterpretation), int(dataset.BitsStored)
    if photometric == "PALETTE COLOR" and "RedPaletteColorLookupTableData" in dataset:
        frame = apply_color_lut(frame, dataset)
        bits = 8 if frame.max() <= 255 else 16  # writers declare 16 bits and fill 8
    elif photometric not in ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT"):
        raise UnreadableImage(
            "unsupported",
            f"Photometric Interpretation (0028,0004) is {photometric!r}; readable are MONOCHROME1, "
            "MONOCHROME2, RGB, YBR and unsegmented PALETTE COLOR; export it as one of these",
        )
    return np.ascontiguousarray(frame[..., :3] >> max(bits - 8, 0), dtype=np.uint8)


# === Attributes ===


def _holder(dataset: Dataset, keyword: str, sequence: str) -> Dataset:
    """Where an attribute stands: in the dataset, or in the first frame's functional groups."""
    if keyword in dataset:
        return dataset
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for group in (dataset.get(groups) or [])[:1]:
            for item in (group.get(sequence) or [])[:1]:
                return item
    return dataset


def _number(dataset: Dataset, keyword: str) -> float | None:
    """First value of a numeric attribute; None if absent, empty, broken or not finite."""
    try:
        value = dataset.get(keyword)
        number = float(value if isinstance(value, (int, float)) else value[0])
    except Exception:  # noqa: BLE001 - broken values raise anything, and nothing depends on them
        return None
    return number if math.isfinite(number) else None


def _text(dataset: Dataset, keyword: str) -> str:
    """Value as stripped text; '' if absent or broken."""
    try:
        value = dataset.get(keyword)
        return "" if value is None else str(value).strip("\0 ")
    except Exception:  # noqa: BLE001 - see _number
        return ""


def _tags(dataset: Dataset) -> dict[str, str | int]:
    """The whitelist: no names, dates, places or identifiers."""
    tags: dict[str, str | int] = {}
    for name, keyword in (("view", "ViewPosition"), ("modality", "Modality")):
        # (0018,5101), (0008,0060): code strings; anything else may be free text about a patient
        if re.fullmatch("[A-Z0-9_ ]{1,16}", code := _text(dataset, keyword).upper()):
            tags[name] = code
    if (sex := _text(dataset, "PatientSex").upper()) in ("M", "F", "O"):  # (0010,0040)
        tags["sex"] = sex
    if age := re.fullmatch(
        r"(\d{1,3})([DWMY])", _text(dataset, "PatientAge").upper()
    ):  # (0010,1010)
        years = int(age[1]) // {"D": 365, "W": 52, "M": 12, "Y": 1}[age[2]]
        tags["age"] = min(years, _OLDEST)
    if maker := _text(dataset, "Manufacturer"):  # (0008,0070)
        tags["manufacturer"] = maker[:64]
    return tags
