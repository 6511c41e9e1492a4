"""Soft shapes on a coordinate grid: the pencil of the phantom.

Shapes are float64: what two machines' vector units disagree on, in the last digit, is gone once a
pixel is rounded to a grey level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Where each pixel lies in the body.

    Attributes:
        u: float64 [H, W], left to right as seen on the film, 0 at the midline, about -1..1.
        v: float64 [H, W], head to foot, 0 at the middle of the chest, about -1..1.
    """

    u: Array
    v: Array

    @classmethod
    def posed(
        cls,
        height: int,
        width: int,
        *,
        zoom: float = 1.0,
        shift: tuple[float, float] = (0.0, 0.0),
        tilt: float = 0.0,
    ) -> Grid:
        """Lay the grid over a film of `height` x `width` pixels.

        Args:
            height: Rows.
            width: Columns.
            zoom: Above 1 the body appears larger.
            shift: Displacement of the body in units of `u` and `v`.
            tilt: Rotation of the body in radians, clockwise.
        """
        half = (height + width) / 4.0
        rows = (np.arange(height, dtype=np.float64) - (height - 1) / 2.0) / half
        columns = (np.arange(width, dtype=np.float64) - (width - 1) / 2.0) / half
        x = (columns[None, :] - shift[0]) / zoom
        y = (rows[:, None] - shift[1]) / zoom
        cos, sin = math.cos(tilt), math.sin(tilt)
        return cls(u=cos * x + sin * y, v=cos * y - sin * x)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.u.shape[0], self.u.shape[1]

    @property
    def pitch(self) -> float:
        """Distance between neighbouring pixels in units of `u`."""
        return float(math.hypot(self.u[0, 1] - self.u[0, 0], self.v[0, 1] - self.v[0, 0]))


def step(distance: Array, soft: float) -> Array:
    """Rise smoothly from 0 to 1 where `distance` goes from `-soft` to `+soft`."""
    # In place, because drawing spends most of its time here.
    t = distance * (0.5 / soft)
    t += 0.5
    np.minimum(t, 1.0, out=t)
    np.maximum(t, 0.0, out=t)
    rise = 3.0 - 2.0 * t
    rise *= t
    rise *= t
    return np.asarray(rise)


def ellipse(
    grid: Grid,
    centre: tuple[float, float],
    radii: tuple[float, float],
    *,
    tilt: float = 0.0,
    soft: float = 0.05,
) -> Array:
    """A filled ellipse, 1 inside and 0 outside, with an edge `soft` wide.

    Args:
        grid: Where to draw.
        centre: `(u, v)` of the middle.
        radii: Half-axes along `u` and `v` before the tilt.
        tilt: Rotation in radians, clockwise.
        soft: Half-width of the edge in units of `u`.

    Returns:
        float64 [H, W] in 0..1.
    """
    cos, sin = math.cos(tilt), math.sin(tilt)
    du, dv = grid.u - centre[0], grid.v - centre[1]
    a = (cos / radii[0]) * du + (sin / radii[0]) * dv
    b = (cos / radii[1]) * dv - (sin / radii[1]) * du
    return step(1.0 - np.sqrt(a * a + b * b), soft / min(radii))


def tube(offset: Array, half_width: float, soft: float, *, rim: float = 0.0) -> Array:
    """A band along the zero line of `offset`.

    Args:
        offset: Signed distance from the centre line, in units of `u`.
        half_width: Half the width of the band.
        soft: Half-width of its edge.
        rim: 0 is a flat band; 1 is a hollow one, brightest at its edges as bone is at its cortex.

    Returns:
        float64, same shape as `offset`, in 0..1.
    """
    distance = np.abs(offset)
    band = step(half_width - distance, soft)
    if rim == 0.0:
        return band
    core = np.maximum(1.0 - (distance / half_width) ** 2, 0.0)
    return band * (1.0 - rim * core)


def clouds(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> Array:
    """A smooth random field with about `cells` bumps across.

    Returns:
        float64 of `shape`, mean about 0 and standard deviation about 1.
    """
    coarse = rng.standard_normal((cells, cells))
    field = Image.fromarray(coarse.astype(np.float32)).resize(
        (shape[1], shape[0]), Image.Resampling.BICUBIC
    )
    # Interpolating between independent knots shrinks their spread by about this much.
    return np.asarray(field, dtype=np.float64) / 0.8


def strokes(grid: Grid, points: Array, soft: float) -> Array:
    """Soft dots strung along curves, such as vessels or wires.

    Args:
        grid: Where to draw.
        points: float64 [N, 3]; `u`, `v` and weight of each dot.
        soft: Blur in units of `u`.

    Returns:
        float64 [H, W], at least 0. A row of dots one pixel apart with weight 1 peaks at about 1.
    """
    height, width = grid.shape
    # The grid is affine, so three of its corners are enough to find the pixel of any point.
    origin = np.array([grid.u[0, 0], grid.v[0, 0]])
    right = np.array([grid.u[0, 1], grid.v[0, 1]]) - origin
    down = np.array([grid.u[1, 0], grid.v[1, 0]]) - origin
    to_pixel = np.linalg.inv(np.stack([right, down], axis=1))
    columns, rows = np.rint(to_pixel @ (points[:, :2] - origin).T).astype(np.int64)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    pixels = rows[inside] * width + columns[inside]
    canvas = np.bincount(pixels, weights=points[inside, 2], minlength=height * width)
    sigma = max(soft / grid.pitch, 0.5)
    return np.asarray(
        ndimage.gaussian_filter(canvas.reshape(height, width), sigma) * (sigma * 2.507)
    )
