"""The measures of one person, and the shape of the lungs they imply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cohort import Film
from .lesions import LungField
from .shapes import Array, Grid, step


@dataclass(frozen=True)
class Anatomy:
    """One person on one film, in units of the grid.

    Attributes:
        cage: Half-width of the rib cage at its widest.
        apex: `v` of the lung tips.
        base: `v` of the costophrenic angles.
        domes: Height of the right and left half of the diaphragm above `base`.
        heart: Half-axes of the heart.
        knob: Radius of the aortic arch.
        bone: Mineral density, about 0.7..1.1.
        fat: Thickness of the chest wall.
        breast: 0, or the thickness of the breasts.
        slope: How steeply the ribs fall.
        lying: 1 for AP, 0 for PA.
    """

    cage: float
    apex: float
    base: float
    domes: tuple[float, float]
    heart: tuple[float, float]
    knob: float
    bone: float
    fat: float
    breast: float
    slope: float
    lying: float

    @classmethod
    def of(cls, film: Film, rng: np.random.Generator) -> Anatomy:
        """Measure the patient of `film`; lying down (AP) widens the heart and lifts the diaphragm.

        Args:
            film: Age and sex of its patient set the size, its view the posture.
            rng: The patient's own, so that two films show the same person.
        """
        female = float(film.patient.sex == "F")
        old = (film.patient.age - 55) / 35.0
        lying = float(film.view == "AP")
        vary = rng.standard_normal(10)
        return cls(
            cage=0.80 - 0.05 * female + 0.025 * vary[0],
            apex=-0.74 + 0.02 * old + 0.02 * vary[1],
            base=0.66 - 0.05 * female - 0.09 * lying + 0.04 * vary[2],
            domes=(0.21 + 0.03 * lying + 0.02 * vary[3], 0.17 + 0.03 * lying + 0.02 * vary[4]),
            heart=(
                0.345 * (1.0 + 0.14 * lying + 0.06 * old - 0.04 * female) + 0.02 * vary[5],
                0.26 + 0.015 * vary[6],
            ),
            knob=0.085 + 0.02 * old + 0.006 * vary[7],
            bone=0.95 - 0.12 * old - 0.05 * female + 0.05 * vary[8],
            fat=0.09 + 0.04 * abs(vary[9]),
            breast=female * rng.uniform(0.04, 0.13),
            slope=rng.uniform(0.85, 1.15),
            lying=lying,
        )

    def cage_at(self, v: Array) -> Array:
        """Half-width of the rib cage at height `v`: an arch, widest low in the chest."""
        t = (v - 0.36) / (self.apex - 0.50)
        return self.cage * np.sqrt(
            np.clip(1.0 - np.where(t > 0, t * t * t, 0.10 * t * t), 0.02, 1.0)
        )

    def lung(self, grid: Grid, side: str) -> LungField:
        """One lung, before the heart takes its place.

        Args:
            grid: Where to draw.
            side: The patient's "right", which lies left on the film, or "left".
        """
        x = grid.u * (1.0 if side == "left" else -1.0)
        dome = self.domes[1 if side == "left" else 0]
        wall = np.maximum(self.cage_at(grid.v) - 0.035, 0.02)
        fold, tip = (x - 0.34) / 0.46, (x - 0.31) / 0.30
        floor = self.base - dome * (1.0 - np.minimum(fold * fold, 1.4))
        roof = self.apex + 0.13 * tip * tip
        bulge = np.sqrt(np.clip(1.0 - (x / wall) * (x / wall), 0.0, 1.0))
        inside = step(wall - x, 0.03) * step(x - 0.05, 0.03) * step(floor - grid.v, 0.022)
        return LungField(
            side=side,
            depth=inside * (0.40 + 0.60 * bulge) * step(grid.v - roof, 0.04),
            across=(x - 0.05) / np.maximum(wall - 0.05, 0.05),
            down=(grid.v - self.apex) / (floor - self.apex),
        )
