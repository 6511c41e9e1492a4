"""Outliers: images that are blank, saturated, tiny, elongated, or laid out unlike their class."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from components.data_audit.finding import Case, Found, count
from components.imaging.measures.image_record import ImageRecord

BLANK_STD = 2.0  # grey values; noise of an empty exposure stays below
_SATURATED = 0.8  # share of the pixels that are 0 or 255
_TINY = 0.25  # of the median short side of the set
_ELONGATED = 3.0  # long side to short side
# A class has a layout if its images correlate this well with their median; tissue has none.
_HAS_LAYOUT = 0.5
_FEWEST = 8  # images that a layout is computed from


def outliers(pictures: Sequence[ImageRecord]) -> Found:
    """Finds outliers by simple measures. Each should be checked; none is a proof of a fault."""
    kinds = [*_by_measures(pictures), *_against_layout(pictures)]
    cases = tuple(sorted((case for _, case in kinds), key=lambda case: case.files))
    numbers = Counter(kind for kind, _ in kinds)
    sentence = "no image is blank, saturated, tiny, elongated or laid out unlike its class"
    if cases:
        listed = ", ".join(f"{number} {kind}" for kind, number in sorted(numbers.items()))
        sentence = f"{count(len(cases), 'image stands', 'images stand')} out: {listed}"
    return Found(
        "outliers",
        sentence,
        cases,
        "Check them, and remove images that do not belong to their class",
    )


def burned_in_text(pictures: Sequence[ImageRecord], line: int) -> Found:
    """Lists images with a line of marks that may be letters.

    Args:
        pictures: all.
        line: marks that make a line.
    """
    cases = tuple(
        Case((picture.filename,), f"{picture.text_marks} marks in a line near the border")
        for picture in sorted(pictures, key=lambda picture: -picture.text_marks)
        if picture.text_marks >= line
    )
    sentence = "no image is suspected of text in its pixels"
    if cases:
        sentence = f"{count(len(cases), 'image')} may hold text in the pixels"
    return Found(
        "burned_in_text",
        sentence,
        cases,
        "Check them before the images leave the site: the text may be a name or a date",
    )


def _by_measures(pictures: Sequence[ImageRecord]) -> Iterator[tuple[str, Case]]:
    median = float(np.median([min(picture.width, picture.height) for picture in pictures]))
    for picture in pictures:
        short, long = sorted((picture.width, picture.height))
        size = f"{picture.width} x {picture.height} pixels"
        if picture.std < BLANK_STD:
            reason = f"blank: the grey values deviate by {picture.std:.1f} of 255"
        elif picture.extremes > _SATURATED:
            reason = f"saturated: {picture.extremes:.0%} of the pixels are black or white"
        elif short < _TINY * median:
            reason = f"tiny: {size}, half of the set has {median:.0f} or more on the short side"
        elif long > _ELONGATED * short:
            reason = f"elongated: {size}"
        else:
            continue
        yield reason.split(":")[0], Case((picture.filename,), reason)


def _against_layout(pictures: Sequence[ImageRecord]) -> Iterator[tuple[str, Case]]:
    """Yields images whose thumbnail correlates negatively with their class's median thumbnail.

    An inverted image (MONOCHROME1 read as MONOCHROME2) is the exact negative; one that is upside
    down or has a white border is similar.
    """
    for label in sorted({picture.label for picture in pictures}):
        members = [p for p in pictures if p.label == label and p.std >= BLANK_STD]
        if len(members) < _FEWEST:
            continue
        grey = np.stack([p.thumbnail for p in members]).mean(axis=-1).reshape(len(members), -1)
        grey -= grey.mean(axis=1, keepdims=True)
        grey /= np.linalg.norm(grey, axis=1, keepdims=True) + 1e-6
        usual = np.median(grey, axis=0)
        usual -= usual.mean()
        agreement = grey @ usual / (np.linalg.norm(usual) + 1e-6)
        if np.median(agreement) < _HAS_LAYOUT:
            continue
        for index in np.flatnonzero(agreement < 0):
            reason = (
                "unlike its class: inverted, upside down or with a bright frame (correlates by "
                f"{agreement[index]:.2f} with the usual {label}, others by "
                f"{np.median(agreement):.2f})"
            )
            yield "unlike its class", Case((members[index].filename,), reason)
