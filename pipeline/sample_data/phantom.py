"""Draws one chest radiograph of a person who does not exist.

The drawing follows the ray: how much tissue, air and bone it crosses, then what a detector makes
of it.

1. The body: trunk, shoulders, arms, breasts.
2. Heart, great vessels and mediastinum.
3. The lungs: air taken out of the body, except where a lesion put fluid.
4. Bone (`skeleton.py`).
5. The detector of the site (`detector.py`).

Size depends on age and sex, projection on the view, grey values on the site. Only step 3 knows the
class.
"""

from __future__ import annotations

import numpy as np

from .anatomy import Anatomy
from .cohort import Film
from .detector import expose
from .lesions import opacity, plan_lesions
from .shapes import Array, Grid, clouds, ellipse, step, strokes, tube
from .skeleton import bones

# Shares of all films, and of the films taken lying.
MIRRORED = 0.04
MONITORED = 0.5


def draw_radiograph(film: Film, seed: int) -> Array:
    """Draw one film.

    Args:
        film: What to draw: patient, view and size in pixels.
        seed: Of the whole data set. Patient number and film index complete it, so that each film
            can be drawn alone.

    Returns:
        float64 [height, width] in 0..1; 0 is black (air), 1 is white (bone).
    """
    key = [seed, 1, film.patient.number]
    # Separate streams: with another diagnosis, a person keeps the same bones and the same noise.
    person, disease = np.random.default_rng([*key, 1]), np.random.default_rng([*key, 2])
    shot, progress, noise = (np.random.default_rng([*key, part, film.index]) for part in (3, 4, 5))
    lesions = plan_lesions(film.patient.label, disease)

    anatomy = Anatomy.of(film, person)
    grid = _pose(film, shot)
    middle = _mediastinum(anatomy, grid)
    # Behind the diaphragm the heart's shadow merges with the liver's.
    density = _body(anatomy, grid) + 0.10 * middle * step(anatomy.base - 0.10 - grid.v, 0.12)
    for side in ("right", "left"):
        lung = anatomy.lung(grid, side)
        space = lung.depth * (1.0 - 0.90 * middle)
        fluid = opacity(lesions, lung, progress)
        density -= (0.54 - 0.18 * _vessels(grid, side, person)) * space * (1.0 - fluid)
        # A lobe full of pus swells: it is thicker than the lung it replaces.
        density += 0.09 * space * fluid * fluid
    density -= _windpipe(grid) + _stomach(anatomy, grid, shot)
    density += bones(anatomy, grid) + _leads(grid, film, shot)
    density += 0.012 * clouds(shot, grid.shape, 12) * step(density - 0.1, 0.1)
    return expose(density, film, noise)


def _pose(film: Film, rng: np.random.Generator) -> Grid:
    """How the person stands before the detector; lying patients are put less exactly."""
    loose = 1.6 if film.view == "AP" else 1.0
    grid = Grid.posed(
        film.height,
        film.width,
        zoom=(1.06 if film.view == "AP" else 1.0) + 0.03 * rng.standard_normal(),
        shift=(0.025 * loose * rng.standard_normal(), 0.03 * loose * rng.standard_normal()),
        tilt=0.02 * loose * rng.standard_normal(),
    )
    # Now and then a film is hung the wrong way round, or a heart lies on the right.
    return Grid(-grid.u, grid.v) if rng.random() < MIRRORED else grid


def _body(anatomy: Anatomy, grid: Grid) -> Array:
    """Trunk, neck, shoulders, arms and breasts, float64 [H, W], about 0..0.7."""
    x, v = np.abs(grid.u), grid.v
    trunk = anatomy.cage + anatomy.fat
    skin = step(trunk + 0.03 * v - x, 0.03)
    arms = step(x - (trunk + 0.06 + 0.28 * (v + 0.30)), 0.03)
    # The neck is a column, from which the shoulders fall first steeply, then gently.
    fall = np.sqrt(np.clip((x - 0.19) / 0.25, 0.0, 4.0))
    top = step(v - np.where(x < 0.19, -2.0, -1.02 + 0.20 * fall), 0.03)
    thick = 0.36 + 0.26 * np.sqrt(np.clip(1.0 - x * x, 0.0, 1.0))
    liver = 0.08 + 0.03 * step(-grid.u, 0.3)
    body = np.maximum(skin, 0.85 * arms) * top * (thick + liver * step(v - 0.30, 0.45))
    for side in (-1.0, 1.0):
        breast = ellipse(grid, (0.43 * side, 0.36), (0.34, 0.28), soft=0.05)
        body += anatomy.breast * breast * step(v - 0.25, 0.35)
    return np.asarray(body)


def _mediastinum(anatomy: Anatomy, grid: Grid) -> Array:
    """Heart, aortic arch, great vessels and hila as one shadow, float64 [H, W] in 0..1."""
    wide, tall = anatomy.heart
    low = anatomy.base - anatomy.domes[1] - 0.12
    parts = [
        ellipse(grid, (0.15, low), (wide, tall), tilt=0.60, soft=0.03),
        0.95 * ellipse(grid, (-0.05, low - 0.03), (0.16, 0.24), soft=0.03),
        0.85 * ellipse(grid, (0.09, -0.29), (anatomy.knob, anatomy.knob * 1.2), soft=0.03),
        0.85 * ellipse(grid, (0.09, -0.06), (0.115, 0.20), soft=0.04),
        0.80 * tube(grid.u + 0.01, 0.125 + 0.02 * anatomy.lying, 0.04) * step(0.3 - grid.v, 0.2),
        0.70 * tube(grid.u, 0.09, 0.03),
    ]
    for side in (-1.0, 1.0):
        hilum = ellipse(
            grid, (0.18 * side, -0.02 - 0.03 * side), (0.085, 0.15), tilt=-0.3 * side, soft=0.08
        )
        parts.append(0.50 * hilum)
    shadow = parts[0]
    for part in parts[1:]:
        shadow = np.maximum(shadow, part)
    return shadow


def _windpipe(grid: Grid) -> Array:
    """Air in the trachea, to be taken out of the density."""
    return 0.11 * tube(grid.u + 0.012, 0.035, 0.025) * step(-0.22 - grid.v, 0.06)


def _stomach(anatomy: Anatomy, grid: Grid, rng: np.random.Generator) -> Array:
    """The gas bubble under the left half of the diaphragm, to be taken out of the density."""
    place = (0.38 + 0.05 * rng.standard_normal(), anatomy.base + 0.02)
    size = rng.uniform(0.06, 0.15)
    return rng.uniform(0.03, 0.16) * ellipse(grid, place, (size, size * 0.7), soft=0.05)


def _vessels(grid: Grid, side: str, rng: np.random.Generator) -> Array:
    """Pulmonary vessels fanning out from the hilum, float64 [H, W] in 0..1."""
    sign = 1.0 if side == "left" else -1.0
    along = np.linspace(0.0, 1.0, 120)
    fan = []
    for angle in np.linspace(-1.35, 1.45, 9) + rng.normal(0.0, 0.10, 9):
        reach, bend = rng.uniform(0.45, 0.68), rng.normal(0.0, 0.3)
        for fork in (-0.5, 0.0, 0.5):
            turn = angle + bend * along + fork * np.clip(along - 0.3, 0.0, 1.0)
            u = sign * (0.13 + reach * along * np.cos(turn))
            v = -0.04 + 1.05 * reach * along * np.sin(turn)
            fan.append(np.stack([u, v, 0.75 - 0.6 * along], axis=1))
    points = np.concatenate(fan)
    thick = points[points[:, 2] > 0.5]
    return np.minimum(0.45 * strokes(grid, points, 0.007) + 0.25 * strokes(grid, thick, 0.016), 1.0)


def _leads(grid: Grid, film: Film, rng: np.random.Generator) -> Array:
    """ECG electrodes and their wires, on about half of the patients who lie."""
    total = np.zeros(grid.shape)
    if film.view != "AP" or rng.random() > MONITORED:
        return total
    for place in ((-0.55, -0.35), (0.55, -0.38), (0.62, 0.30)):
        u, v = np.asarray(place) + 0.06 * rng.standard_normal(2)
        total += 0.14 * ellipse(grid, (u, v), (0.03, 0.03), soft=0.02)
        total += 0.10 * np.minimum(strokes(grid, _wire(u, v, rng.normal(0.0, 0.5)), 0.006), 1.0)
    return total


def _wire(u: float, v: float, sag: float) -> Array:
    """A slack line from an electrode to the lower edge of the film, as points for `strokes`."""
    along = np.linspace(0.0, 1.0, 400)
    across = u + sag * along * (1.0 - along) + (0.3 - u) * along * along
    return np.stack([across, v + (1.1 - v) * along, np.full_like(along, 0.4)], axis=1)
