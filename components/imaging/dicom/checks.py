"""What is refused of a DICOM file before anything is decoded, by its headers."""

from __future__ import annotations

import struct
import zlib

from pydicom import Dataset

from components.imaging.dicom.attributes import read_number
from components.imaging.dicom.frame import compressed_frame
from components.imaging.jpeg import jpeg_header
from components.imaging.size import check_size
from components.imaging.unreadable import UnreadableImage

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")  # group 7FE0
_DEFLATED = b"1.2.840.10008.1.2.1.99"


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
            "save it uncompressed, or raise max_pixels",
        )


def check_header(dataset: Dataset, max_pixels: int) -> None:
    """Refuses by the header, and by that of the compressed frame, before anything is decoded."""
    if not any(dataset.get(keyword) for keyword in _PIXELS):
        kind = getattr(dataset.get("SOPClassUID"), "name", "of unknown kind")
        raise UnreadableImage(
            "no_pixels",
            f"the DICOM object ({kind}) has no Pixel Data (7FE0,0010): it is not an image, or the "
            "file is cut off; take it out, or copy it again from the PACS",
        )
    rows, columns = (int(read_number(dataset, keyword) or 0) for keyword in ("Rows", "Columns"))
    check_size(columns, rows, max_pixels)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        _check_frame(dataset, rows, columns)


def _check_frame(dataset: Dataset, rows: int, columns: int) -> None:
    """Compares the compressed first frame with the dataset: decoders believe the frame."""
    frame = compressed_frame(dataset)
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
