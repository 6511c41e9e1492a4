"""What is refused of a DICOM file before anything is decoded, by its headers."""

from __future__ import annotations

import struct
import zlib

from pydicom import Dataset, uid
from pydicom.encaps import generate_fragments, parse_basic_offsets

from components.imaging.dicom.frame import compressed_frame
from components.imaging.dicom.layout import NATIVE, Layout
from components.imaging.dicom.numbers import label
from components.imaging.jpeg import jpeg_header
from components.imaging.size import RAISE_LIMIT
from components.imaging.unreadable import UnreadableImage

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")  # group 7FE0
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_END_OF_IMAGE = b"\xff\xd9"


def check_inflated(data: bytes, max_pixels: int) -> None:
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
            f"save it uncompressed, or {RAISE_LIMIT}",
        )


def check_pixels_present(dataset: Dataset) -> None:
    """Refuses objects that are no image: reports, plans, documents.

    Raises:
        UnreadableImage: 'no_pixels', naming the kind of object.
    """
    if not any(dataset.get(keyword) for keyword in _PIXELS):
        kind = getattr(dataset.get("SOPClassUID"), "name", "of unknown kind")
        raise UnreadableImage(
            "no_pixels",
            f"the DICOM object ({kind}) has no Pixel Data (7FE0,0010): it is not an image, or the "
            "file is cut off; take it out, or copy it again from the PACS",
        )


def check_amount(dataset: Dataset, layout: Layout) -> None:
    """Compares the header with the pixel data, before anything is decoded.

    Raises:
        UnreadableImage: 'truncated' for too few bytes, 'corrupt' for a contradiction.
    """
    if dataset.file_meta.TransferSyntaxUID in NATIVE:
        _check_native(dataset, layout)
    else:
        _check_frame_count(dataset, layout)
        _check_frame(dataset, layout)


def _check_native(dataset: Dataset, layout: Layout) -> None:
    found = max(len(dataset.get(keyword) or b"") for keyword in _PIXELS)
    due = layout.frame_bytes * layout.frames
    if layout.allocated == 1:  # frames are not padded to whole bytes
        due = (layout.rows * layout.columns * layout.frames + 7) // 8
    what = (
        f"{layout.rows} rows x {layout.columns} columns x {layout.samples} samples of "
        f"{layout.allocated} bits in {layout.frames} frames are {due} bytes, and the pixel data "
        f"has {found}"
    )
    if found < due:
        raise UnreadableImage("truncated", f"{what}; copy it again from the PACS")
    # Some writers fill up to a block; a whole row or column more means that a number is wrong.
    side = min(layout.rows, layout.columns) * layout.samples * max(layout.allocated // 8, 1)
    if found - due >= side:
        raise UnreadableImage("corrupt", f"{what}; export the image again")


def _check_frame_count(dataset: Dataset, layout: Layout) -> None:
    count = len(parse_basic_offsets(dataset.PixelData))
    if not count:  # without a table of offsets, a JPEG begins where a frame does
        starts = (part[:2] == b"\xff\xd8" for part in generate_fragments(dataset.PixelData))
        count = sum(starts) or layout.frames
    if count != layout.frames:
        raise UnreadableImage(
            "corrupt",
            f"{label('NumberOfFrames')} is {layout.frames}, and the pixel data holds {count}; "
            "export the image again",
        )


def _check_frame(dataset: Dataset, layout: Layout) -> None:
    """Compares the compressed first frame with the dataset: decoders believe the frame."""
    frame = compressed_frame(dataset, layout)
    if frame.startswith(b"\xff\xd8"):
        header = jpeg_header(frame)
        found = (header.height, header.width, header.components, header.precision)
        complete = header.complete
    elif (start := frame[:1024].find(b"\xff\x4f\xff\x51")) >= 0:  # JPEG 2000: SOC, SIZ
        size = frame[start:].ljust(43, b"\0")
        right, bottom, left, top = struct.unpack_from(">4I", size, 8)
        components, precision = int.from_bytes(size[40:42], "big"), (size[42] & 0x7F) + 1
        found = (bottom - top, right - left, components, precision)
        complete = _END_OF_IMAGE in frame[-3:]
    elif dataset.file_meta.TransferSyntaxUID in _ALWAYS_JPEG:
        raise UnreadableImage(
            "corrupt",
            f"the file says it is compressed as {dataset.file_meta.TransferSyntaxUID.name}, and "
            f"its pixel data starts with {frame[:4].hex()}; export the image again",
        )
    else:
        return
    said = (layout.rows, layout.columns, layout.samples)
    colours_differ = layout.samples > 1 and found[3] != layout.stored
    if found[:3] != said or found[3] > layout.allocated or colours_differ:
        raise UnreadableImage(
            "corrupt",
            f"the header says {said} rows, columns and samples, with {layout.stored} of "
            f"{layout.allocated} bits stored; the compressed frame says {found[:3]} with "
            f"{found[3]} bits; "
            "export the image again from the PACS",
        )
    if not complete:
        raise UnreadableImage(
            "truncated", "the compressed frame has no end marker; copy it again from the PACS"
        )


_ALWAYS_JPEG = frozenset(
    {
        uid.JPEGBaseline8Bit,
        uid.JPEGExtended12Bit,
        uid.JPEGLossless,
        uid.JPEGLosslessSV1,
        uid.JPEGLSLossless,
        uid.JPEGLSNearLossless,
    }
)
