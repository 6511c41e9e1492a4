"""Small DICOM files, made by hand, for the tests of reading them."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import uid
from pydicom.dataset import Dataset, FileMetaDataset

from components.imaging.images import read_image
from tests.components.imaging.pictures import pixels_of

# === The pictures: not square, no symmetry ===

ROWS, COLUMNS = 16, 24
Y, X = np.mgrid[0:ROWS, 0:COLUMNS]
RAMP = (X * 160 + Y * 20).astype(np.uint16)  # 12 bits: 0..3980
RGB = np.stack([X * 10, Y * 15, 255 - X * 9], -1).astype(np.uint8)

# === Files ===


def make(pixels: Any = RAMP, syntax: Any = uid.ExplicitVRLittleEndian, **tags: object) -> bytes:
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


# === Compressed frames ===


def j2k(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG2000", no_jp2=True)
    return buffer.getvalue()


def jpeg(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=100, subsampling=0)
    return buffer.getvalue()


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
    # In a process of its own, for the reason given in `dicom_frame._run_gdcm`.
    subprocess.run([sys.executable, "-c", TRANSCODE, source, target, process], check=True)
    return target.read_bytes()


# === What is shown of them ===


def shown(*args: Any, **tags: Any) -> np.ndarray:
    return pixels_of(read_image(make(*args, **tags)))


def linear(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1, for an output of 0..255."""
    middle = ((values - (center - 0.5)) / (width - 1) + 0.5) * 255
    return np.rint(np.clip(middle, 0, 255))


FULL = {"WindowCenter": 2048, "WindowWidth": 4096}
EXPECTED = linear(RAMP.astype(float), 2048, 4096)
