"""The first frame of a DICOM dataset, decompressed by pydicom's plug-ins, Pillow or GDCM."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array

from components.imaging.unreadable import UnreadableImage

_GDCM_WORKER = Path(__file__).with_name("gdcm_worker.py")
_GDCM_SECONDS = 120  # for one frame; 50 million pixels take about 5


def first_frame(dataset: Dataset) -> NDArray[Any]:
    """Stored values [rows, columns] or [rows, columns, samples]; YBR has become RGB."""
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


def compressed_frame(dataset: Dataset) -> bytes:
    """The first frame as it stands in encapsulated Pixel Data (7FE0,0010)."""
    frames = int(dataset.get("NumberOfFrames") or 1)
    return get_frame(dataset.PixelData, 0, number_of_frames=frames)


def _decompress(dataset: Dataset) -> None:
    """Replaces the pixel data by its first frame, uncompressed by GDCM."""
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
    dataset.PixelData, dataset.NumberOfFrames = _run_gdcm(ask, compressed_frame(dataset)), 1
    dataset["PixelData"].VR = "OW"
    if dataset.PhotometricInterpretation in ("YBR_RCT", "YBR_ICT"):
        dataset.PhotometricInterpretation = "RGB"  # undone by every JPEG 2000 decoder
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian


def _run_gdcm(ask: dict[str, Any], frame: bytes) -> bytes:
    """Raw pixels from GDCM in a process of its own, which costs about 50 ms.

    Some broken frames make GDCM abort the whole process, and it writes to stderr.
    """
    try:
        run = subprocess.run(
            # -S: without the site packages, whose folders it gets from here, it starts faster
            [sys.executable, "-S", str(_GDCM_WORKER), json.dumps({**ask, "path": sys.path})],
            input=frame,
            capture_output=True,
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
