"""How the pixels of a DICOM file are laid out, and whether its attributes agree on it.

PS3.3 C.7.6.3 (Image Pixel Module). Two attributes that contradict each other leave no safe reading:
the file is refused, and both are named.
"""

from __future__ import annotations

from typing import NamedTuple

from pydicom import Dataset, uid

from components.imaging.dicom.attributes import read_text
from components.imaging.dicom.numbers import Notes, label, read_whole
from components.imaging.unreadable import UnreadableImage

NATIVE = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.DeflatedExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
    }
)

JPEG_2000 = frozenset(
    {
        *uid.JPEG2000TransferSyntaxes,
        uid.HTJ2KLossless,
        uid.HTJ2KLosslessRPCL,
        uid.HTJ2K,
    }
)

_SAMPLES = {
    "MONOCHROME1": 1, "MONOCHROME2": 1, "PALETTE COLOR": 1,
    "RGB": 3, "YBR_FULL": 3, "YBR_FULL_422": 3, "YBR_ICT": 3, "YBR_RCT": 3,
}  # fmt: skip
_JPEG_2000_COLOURS = ("YBR_ICT", "YBR_RCT")
_ALLOCATED = (1, 8, 16, 32, 64)


class Layout(NamedTuple):
    """What the header says about the stored values.

    Attributes:
        rows: of a frame.
        columns: of a frame.
        samples: per pixel, 1 or 3.
        photometric: Photometric Interpretation, in capital letters.
        allocated: bits of a sample in the file.
        stored: bits of a sample that hold its value.
        high: number of the highest of these, from 0.
        signed: whether values are in two's complement.
        frames: how many there are.
    """

    rows: int
    columns: int
    samples: int
    photometric: str
    allocated: int
    stored: int
    high: int
    signed: bool
    frames: int

    @property
    def right_aligned(self) -> bool:
        """Whether the lowest bits hold the value."""
        return self.high == self.stored - 1

    @property
    def frame_bytes(self) -> int:
        """Bytes of a frame that is not compressed, rounded up."""
        samples = self.samples
        if self.photometric == "YBR_FULL_422":
            samples = 2  # two pixels share their colour: PS3.3 C.7.6.3.1.2
        return (self.rows * self.columns * samples * self.allocated + 7) // 8


def read_layout(dataset: Dataset, notes: Notes) -> Layout:
    """Reads the layout and checks that it is one.

    Raises:
        UnreadableImage: 'corrupt' for a missing, malformed or contradictory attribute,
            'unsupported' for colours that can't be read.
    """
    photometric = read_text(dataset, "PhotometricInterpretation").upper()
    rows, columns, samples, allocated = (
        _required(dataset, keyword, notes)
        for keyword in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    )
    stored, high, signed = allocated, allocated - 1, False
    if "PixelData" in dataset:  # Float Pixel Data has no more than Bits Allocated
        stored = _required(dataset, "BitsStored", notes)
        found = read_whole(dataset, "HighBit", notes)
        high = stored - 1 if found is None else found
        signed = bool(_required(dataset, "PixelRepresentation", notes))
    frames = read_whole(dataset, "NumberOfFrames", notes)
    layout = Layout(
        rows, columns, samples, photometric, allocated, stored, high, signed,
        1 if frames is None else frames,
    )  # fmt: skip
    _check_colours(layout, str(dataset.file_meta.TransferSyntaxUID))
    _check_bits(layout, dataset, notes)
    if layout.frames < 1:
        raise _contradiction(f"{label('NumberOfFrames')} is {layout.frames}, which is no picture")
    return layout


def _required(dataset: Dataset, keyword: str, notes: Notes) -> int:
    value = read_whole(dataset, keyword, notes)
    if value is None:
        raise _contradiction(f"{label(keyword)} is missing, which every image needs")
    return value


def _check_colours(layout: Layout, syntax: str) -> None:
    name = label("PhotometricInterpretation")
    if not layout.photometric:
        raise _contradiction(f"{name} is missing, which every image needs")
    due = _SAMPLES.get(layout.photometric)
    if due is None:
        raise UnreadableImage(
            "unsupported",
            f"{name} is {layout.photometric[:16]!r}; readable are {', '.join(_SAMPLES)}; "
            "export it as one of these",
        )
    if due != layout.samples:
        raise _contradiction(
            f"{name} {layout.photometric} has {due} samples per pixel, and "
            f"{label('SamplesPerPixel')} is {layout.samples}"
        )
    if layout.photometric in _JPEG_2000_COLOURS and syntax not in JPEG_2000:
        raise _contradiction(f"{name} {layout.photometric} is of JPEG 2000, and the file is not")


def _check_bits(layout: Layout, dataset: Dataset, notes: Notes) -> None:
    if layout.allocated not in _ALLOCATED:
        raise UnreadableImage(
            "unsupported",
            f"{label('BitsAllocated')} is {layout.allocated}; readable are 1, 8, 16, 32 and 64; "
            "export it with 16",
        )
    if not 1 <= layout.stored <= layout.allocated:
        raise _contradiction(
            f"{label('BitsStored')} is {layout.stored}, and {label('BitsAllocated')} is "
            f"{layout.allocated}"
        )
    if not layout.stored - 1 <= layout.high < layout.allocated:
        raise _contradiction(
            f"{label('HighBit')} is {layout.high}, which does not fit {layout.stored} bits stored "
            f"of {layout.allocated} allocated"
        )
    representation = read_whole(dataset, "PixelRepresentation", notes)
    if representation not in (None, 0, 1):
        raise _contradiction(f"{label('PixelRepresentation')} is {representation}, not 0 or 1")
    if layout.samples == 3:
        _check_planes(layout, dataset, notes)


def _check_planes(layout: Layout, dataset: Dataset, notes: Notes) -> None:
    planar = read_whole(dataset, "PlanarConfiguration", notes)
    if planar not in (None, 0, 1):
        raise _contradiction(f"{label('PlanarConfiguration')} is {planar}, not 0 or 1")
    if layout.signed:
        raise _contradiction(
            f"{label('PixelRepresentation')} is 1 (signed), and the picture has colours"
        )
    if layout.photometric.startswith("YBR") and layout.allocated != 8:
        raise UnreadableImage(
            "unsupported",
            f"{layout.photometric} can be read with 8 bits allocated, this file has "
            f"{layout.allocated}; export it as RGB",
        )


def _contradiction(what: str) -> UnreadableImage:
    return UnreadableImage("corrupt", f"{what}; export the image again")
