"""The first frame of a DICOM dataset, decompressed by Pillow, CharLS (pyjpegls) or GDCM."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array

from components.imaging.dicom.layout import JPEG_2000, NATIVE, Layout
from components.imaging.dicom.numbers import label
from components.imaging.dicom.syntaxes import syntax_name
from components.imaging.jpeg import decode_whole, jpeg_header
from components.imaging.unreadable import UnreadableImage

DEFLATED_FRAME = uid.UID("1.2.840.10008.1.2.8.1")

_GDCM_WORKER = Path(__file__).with_name("gdcm_worker.py")
_WARNING = b"Corrupt JPEG data"
_GDCM_SECONDS = 120  # for one frame; 50 million pixels take about 5


def first_frame(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    """Decodes the first frame; the dataset may be changed on the way.

    Args:
        dataset: `checks.check_header` has passed it.
        layout: of the same dataset.

    Returns:
        Stored values [rows, columns] or [rows, columns, samples]; YBR has become RGB.

    Raises:
        UnreadableImage: 'unsupported' without a decoder for the transfer syntax, 'corrupt' if
            there is one and it can not decode the frame.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    decode = _native if syntax in NATIVE else _DECODERS.get(syntax)
    if decode is None:
        raise UnreadableImage(
            "unsupported",
            f"the transfer syntax {syntax_name(syntax)} can't be decoded here; export the image "
            "uncompressed or as JPEG 2000",
        )
    if decode not in (_native, _deflated) and not layout.right_aligned:
        raise UnreadableImage(
            "unsupported",
            f"{label('HighBit')} is {layout.high} with {layout.stored} bits stored, which leaves "
            "open where the bits of a compressed value are; export the image uncompressed",
        )
    dataset.NumberOfFrames = layout.frames  # it may be blank, and pydicom reads it again
    if layout.samples == 1 and "PlanarConfiguration" in dataset:
        del dataset.PlanarConfiguration  # without a meaning here, and it may be malformed
    try:
        return decode(dataset, layout)
    except (UnreadableImage, MemoryError):
        raise
    except Exception as error:  # decoders raise anything on broken frames
        raise _damaged(syntax_name(syntax)) from error


def _damaged(syntax: str) -> UnreadableImage:
    return UnreadableImage(
        "corrupt",
        f"the pixels can't be decoded (transfer syntax {syntax}): they are damaged or end early; "
        "export the image again from the PACS",
    )


def compressed_frame(dataset: Dataset, layout: Layout) -> bytes:
    """The first frame as it stands in encapsulated Pixel Data (7FE0,0010)."""
    return get_frame(dataset.PixelData, 0, number_of_frames=layout.frames)


# === Decoders, by transfer syntax ===


def _native(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    """Values that end at High Bit (0028,0102), which may lie above Bits Stored: PS3.5 8.1.1."""
    if layout.right_aligned:
        return pixel_array(dataset, index=0)
    dataset.BitsStored, dataset.HighBit = layout.allocated, layout.allocated - 1
    above = layout.allocated - 1 - layout.high
    shifted: NDArray[Any] = pixel_array(dataset, index=0) << above
    return shifted >> (layout.allocated - layout.stored)


def _jpeg(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    """JPEG of 8 bits by Pillow, of 12 bits by GDCM."""
    frame = compressed_frame(dataset, layout)
    if jpeg_header(frame).precision != 8:
        return _gdcm(dataset, layout)
    decode_whole(frame, layout.samples)  # for its checks: pydicom decides about the colours
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    return pixel_array(dataset, index=0, decoding_plugin="pillow")


def _jpeg_2000(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    # The stream is the same for OpenJPEG, which Pillow holds; pydicom does not offer it for HTJ2K.
    dataset.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    try:
        return pixel_array(dataset, index=0, decoding_plugin="pillow")
    except Exception:  # noqa: BLE001 - colour of more than 8 bits, and streams that Pillow dislikes
        return _gdcm(dataset, layout)


def _jpeg_ls(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    try:
        import jpeg_ls  # noqa: F401 - pydicom asks it; here so that its absence has a name
    except ImportError:
        return _gdcm(dataset, layout)
    return pixel_array(dataset, index=0, decoding_plugin="pyjpegls")


def _deflated(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    """Each frame a raw deflate stream of native pixels: PS3.5 A.4.14."""
    frame = zlib.decompressobj(-zlib.MAX_WBITS).decompress(
        compressed_frame(dataset, layout), layout.frame_bytes + 1
    )
    if len(frame) not in (layout.frame_bytes, layout.frame_bytes + layout.frame_bytes % 2):
        raise ValueError(f"{len(frame)} bytes, not {layout.frame_bytes}")
    return _native(_uncompressed(dataset, frame), layout)


def _gdcm(dataset: Dataset, layout: Layout) -> NDArray[Any]:
    """GDCM in a process of its own; a frame may hold more bits than Bits Stored says."""
    syntax, planar, allocated = dataset.file_meta.TransferSyntaxUID, 0, layout.allocated
    frame = compressed_frame(dataset, layout)
    lossless_jpeg = syntax in (uid.JPEGLossless, uid.JPEGLosslessSV1)
    stored = layout.stored
    if frame.startswith(b"\xff\xd8") and not layout.signed:
        stored = max(stored, jpeg_header(frame).precision)
    if lossless_jpeg:
        planar = int(dataset.get("PlanarConfiguration") or 0)
    else:
        # Whatever the file says: GDCM returns colour by pixel, in the smallest container.
        allocated = 8 if stored <= 8 else 16
    ask = {
        "uid": str(syntax),
        "dimensions": [layout.columns, layout.rows, 1],
        "photometric": layout.photometric,
        "planar": planar,
        "format": [layout.samples, allocated, stored, stored - 1, int(layout.signed)],
    }
    pixels = _run_gdcm(ask, frame)
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, stored, stored - 1
    if layout.samples > 1:
        dataset.PlanarConfiguration = planar
    return pixel_array(_uncompressed(dataset, pixels), index=0)


def _uncompressed(dataset: Dataset, pixels: bytes) -> Dataset:
    """The dataset with the pixels of one frame instead of its own."""
    dataset.PixelData, dataset.NumberOfFrames = pixels, 1
    dataset["PixelData"].VR = "OW"
    if dataset.PhotometricInterpretation in ("YBR_RCT", "YBR_ICT"):
        dataset.PhotometricInterpretation = "RGB"  # undone by every JPEG 2000 decoder
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    return dataset


_DECODERS: dict[str, Callable[[Dataset, Layout], NDArray[Any]]] = {
    uid.JPEGBaseline8Bit: _jpeg,
    uid.JPEGExtended12Bit: _jpeg,
    uid.JPEGLossless: _gdcm,
    uid.JPEGLosslessSV1: _gdcm,
    uid.JPEGLSLossless: _jpeg_ls,
    uid.JPEGLSNearLossless: _jpeg_ls,
    uid.RLELossless: _native,  # cells as they stand in native pixel data
    DEFLATED_FRAME: _deflated,
    **dict.fromkeys(JPEG_2000, _jpeg_2000),
}


def _run_gdcm(ask: dict[str, Any], frame: bytes) -> bytes:
    """Raw pixels from GDCM in a process of its own, which costs about 50 ms.

    Some broken frames make GDCM abort the whole process, and it writes to stderr.
    """
    name = syntax_name(uid.UID(ask["uid"]))
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
        if b"No module named 'gdcm'" in (error.stderr or b""):
            raise UnreadableImage(
                "unsupported", f"the transfer syntax {name} needs GDCM; pip install python-gdcm"
            ) from None
        raise _damaged(name) from error
    if _WARNING in run.stderr:  # which its libjpeg takes for no error, and fills the rest
        raise _damaged(name)
    return run.stdout
