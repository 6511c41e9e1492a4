"""Outliers: images that are blank, saturated, tiny, elongated, or laid out unlike their class."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_audit.finding import Case, Found, count
from components.data_audit.remarks import Remark, Remarks, image_of
from components.imaging.measures.image_record import ImageRecord

BLANK_STD = 2.0  # grey values; noise of an empty exposure stays below
_SATURATED = 0.8  # share of the pixels that are 0 or 255
_TINY = 0.25  # of the median short side of the set
_ELONGATED = 3.0  # long side to short side
# A class has a layout if its images correlate this well with their median; tissue has none.
_HAS_LAYOUT = 0.5
_FEWEST = 8  # images that a layout is computed from


@dataclass(frozen=True, eq=False)
class Layout:
    """How the images of a class are laid out.

    Attributes:
        usual: [1024], unit vector: the median of their thumbnails.
        agreement: median correlation of the images with it.
    """

    usual: NDArray[np.float64]
    agreement: float


def layouts(pictures: Mapping[str, Sequence[ImageRecord]]) -> dict[str, Layout]:
    """Returns class → layout, of classes that have one.

    Args:
        pictures: class → its images, or a sample of them.
    """
    found = {}
    for label, of_class in pictures.items():
        members = [picture for picture in of_class if picture.std >= BLANK_STD]
        if len(members) < _FEWEST:
            continue
        grey = _grey(members)
        usual = np.median(grey, axis=0)
        usual -= usual.mean()
        usual /= np.linalg.norm(usual) + 1e-6
        agreement = float(np.median(grey @ usual))
        if agreement >= _HAS_LAYOUT:
            found[label] = Layout(usual, agreement)
    return found


def short_side(picture: ImageRecord) -> int:
    """Returns the smaller of width and height, in pixels."""
    return min(picture.width, picture.height)


def median(numbers: Counter[int]) -> float:
    """Returns the median of value → how often, as NumPy computes it."""
    values = np.array(sorted(numbers))
    ends = np.cumsum([numbers[value] for value in values.tolist()])
    middle = [(ends[-1] - 1) // 2, ends[-1] // 2]
    return float(values[np.searchsorted(ends, middle, side="right")].mean())


def outlier_remarks(
    pictures: Sequence[ImageRecord],
    shard: str,
    usual_side: float,
    layouts: Mapping[str, Layout],
) -> Iterator[list[Remark]]:
    """Yields the remarks on each picture, none or some.

    Args:
        pictures: of a file.
        shard: its name.
        usual_side: median short side of the set, in pixels.
        layouts: class → layout.
    """
    unlike = _against_layout(pictures, layouts)
    for index, picture in enumerate(pictures):
        reasons = (_by_measures(picture, usual_side), unlike.get(index, ""))
        yield [
            Remark(
                reason.split(":")[0],
                (picture.filename, place),
                image_of(picture, shard),
                reason,
            )
            for place, reason in enumerate(reasons)
            if reason
        ]


def text_remarks(picture: ImageRecord, shard: str, line: int) -> list[Remark]:
    """Returns the remark on a line of marks that may be letters, or none.

    Args:
        picture: the image.
        shard: name of its file.
        line: marks that make a line.
    """
    marks = picture.text_marks
    if marks < line:
        return []
    reason = f"{marks} marks in a line near the border"
    return [Remark("text", (-marks, picture.filename), image_of(picture, shard), reason)]


def outliers(remarks: Remarks) -> Found:
    """Finds outliers by simple measures. Each should be checked; none is a proof of a fault."""
    number = remarks.kinds.total()
    sentence = "no image is blank, saturated, tiny, elongated or laid out unlike its class"
    if number:
        listed = ", ".join(f"{many} {kind}" for kind, many in sorted(remarks.kinds.items()))
        sentence = f"{count(number, 'image stands', 'images stand')} out: {listed}"
    return Found(
        "outliers",
        sentence,
        _cases(remarks),
        "Check them, and remove images that do not belong to their class",
        number,
    )


def burned_in_text(remarks: Remarks) -> Found:
    """Lists images with a line of marks that may be letters, the longest first."""
    sentence = "no image is suspected of text in its pixels"
    if remarks.images:
        sentence = f"{count(remarks.images, 'image')} may hold text in the pixels"
    return Found(
        "burned_in_text",
        sentence,
        _cases(remarks),
        "Check them before the images leave the site: the text may be a name or a date",
        remarks.images,
    )


def _cases(remarks: Remarks) -> tuple[Case, ...]:
    return tuple(Case((remark.image,), remark.reason) for remark in remarks.listed)


def _by_measures(picture: ImageRecord, usual_side: float) -> str:
    short, long = sorted((picture.width, picture.height))
    size = f"{picture.width} x {picture.height} pixels"
    if picture.std < BLANK_STD:
        return f"blank: the grey values deviate by {picture.std:.1f} of 255"
    if picture.extremes > _SATURATED:
        return f"saturated: {picture.extremes:.0%} of the pixels are black or white"
    if short < _TINY * usual_side:
        return f"tiny: {size}, half of the set has {usual_side:.0f} or more on the short side"
    return f"elongated: {size}" if long > _ELONGATED * short else ""


def _against_layout(
    pictures: Sequence[ImageRecord], layouts: Mapping[str, Layout]
) -> dict[int, str]:
    """Returns index → reason of pictures that correlate negatively with the layout of their class.

    An inverted image (MONOCHROME1 read as MONOCHROME2) is the exact negative; one that is upside
    down or has a white border is similar.
    """
    unlike = {}
    for label, layout in layouts.items():
        members = [
            index
            for index, picture in enumerate(pictures)
            if picture.label == label and picture.std >= BLANK_STD
        ]
        if not members:
            continue
        agreement = _grey([pictures[index] for index in members]) @ layout.usual
        for place in np.flatnonzero(agreement < 0):
            unlike[members[place]] = (
                "unlike its class: inverted, upside down or with a bright frame (correlates by "
                f"{agreement[place]:.2f} with the usual {label}, others by {layout.agreement:.2f})"
            )
    return unlike


def _grey(pictures: Sequence[ImageRecord]) -> NDArray[np.float64]:
    """Returns the thumbnails as unit vectors without their mean, [n, 1024]."""
    channels = np.stack([picture.thumbnail for picture in pictures]).reshape(-1, 3)
    grey = (channels @ np.full(3, 1 / 3)).reshape(len(pictures), -1)  # `mean` takes 3 times as long
    grey -= grey.mean(axis=1, keepdims=True)
    unit: NDArray[np.float64] = grey / (np.linalg.norm(grey, axis=1, keepdims=True) + 1e-6)
    return unit
