"""From density to grey value: what the X-ray unit of each site adds of its own.

Each hospital's unit has its own contrast curve, brightness, sharpness and lead letter. They depend
on the site alone, and sites are dealt evenly over the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .cohort import Film
from .shapes import Array

LETTERS = {
    "R": ("1110", "1001", "1001", "1110", "1010", "1001"),
    "L": ("1000", "1000", "1000", "1000", "1000", "1111"),
}


@dataclass(frozen=True)
class Unit:
    """One X-ray unit.

    Attributes:
        gain: Contrast.
        offset: Brightness.
        curve: Above 0 lifts the dark tones, below 0 deepens them.
        sharpen: Strength of the unsharp mask.
        letter: The side marker, "R", "L" or "" for none.
    """

    gain: float
    offset: float
    curve: float
    sharpen: float
    letter: str


UNITS = {
    "site-a": Unit(gain=1.15, offset=-0.03, curve=0.00, sharpen=0.3, letter="R"),
    "site-b": Unit(gain=0.95, offset=0.05, curve=0.10, sharpen=0.0, letter="L"),
    "site-c": Unit(gain=1.25, offset=-0.05, curve=-0.15, sharpen=0.8, letter=""),
}


def expose(density: Array, film: Film, rng: np.random.Generator) -> Array:
    """Turn density into grey values.

    Args:
        density: float64 [H, W]; 0 is air, about 1 is bone over heart.
        film: Its patient's site chooses the unit, its view the noise.
        rng: The film's own.

    Returns:
        float64 [H, W] in 0..1.
    """
    unit = UNITS[film.patient.site]
    gain = unit.gain * (1.0 + 0.05 * rng.standard_normal())
    offset = unit.offset + 0.025 * rng.standard_normal()
    # Blurs are given in pixels of a film 160 high.
    reach = density.shape[0] / 160.0
    scatter = ndimage.gaussian_filter(density, 7.0 * reach)
    image = 0.92 * density + 0.08 * scatter
    image = image + unit.sharpen * (image - ndimage.gaussian_filter(image, 2.0 * reach))
    # Fewer quanta reach the detector behind dense tissue, fewer still from a portable unit.
    grain = (0.010 + 0.012 * np.clip(density, 0.0, 1.0)) * (1.4 if film.view == "AP" else 1.0)
    image = image + grain * rng.standard_normal(density.shape)
    image = np.clip(gain * image + offset, 0.0, 1.0)
    image = image + unit.curve * image * (1.0 - image)
    return np.clip(_stamp(image, unit.letter), 0.0, 1.0)


def _stamp(image: Array, letter: str) -> Array:
    """Lay the lead letter into the upper corner of its side."""
    if not letter:
        return image
    scale = max(1, round(image.shape[0] / 80))
    dots = np.array([[dot == "1" for dot in row] for row in LETTERS[letter]])
    glyph = np.repeat(np.repeat(dots, scale, axis=0), scale, axis=1)
    height, width = glyph.shape
    top, margin = round(0.16 * image.shape[0]), round(0.04 * image.shape[1])
    left = margin if letter == "R" else image.shape[1] - margin - width
    image[top : top + height, left : left + width][glyph] = 0.97
    return image
