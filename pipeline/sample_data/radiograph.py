"""Draws one chest radiograph of a person who does not exist.

Density along the ray (trunk, lungs full of air, heart, bones), then what the X-ray unit of a site
makes of it. Only `_fluid` knows the class:

* NORMAL: none.
* PNEUMONIA: one dense consolidation in one lung.
* COVID: faint ground-glass patches in both lungs, near the chest wall.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

from .cohort import Film

Array = npt.NDArray[np.float64]

# Site -> contrast and brightness of its unit. Sites are dealt evenly over the classes.
UNITS = {"site-a": (1.15, -0.03), "site-b": (0.95, 0.05), "site-c": (1.25, -0.06)}


def draw_radiograph(film: Film, seed: int) -> Array:
    """Draw one film.

    Args:
        film: What to draw: patient, view and size in pixels.
        seed: Of the whole data set. With the patient's number and the film's index it seeds
            everything random, so that each film can be drawn alone.

    Returns:
        float64 [height, width] in 0..1; 0 is black (air), 1 is white (bone).
    """
    key = [seed, 1, film.patient.number]
    # Separate streams: with another diagnosis, a person keeps the same body and the same noise.
    person, disease = np.random.default_rng([*key, 1]), np.random.default_rng([*key, 2])
    shot, noise = (np.random.default_rng([*key, part, film.index]) for part in (3, 4))
    u, v = _grid(film, shot)
    trunk, heart = _trunk(u, v, film, person), _heart(u, v, film, person)
    air = _lungs(u, v, film, person) * (1.0 - 0.9 * heart)
    # Fluid in the lungs hides the vessels and leaves the ribs visible.
    air *= 0.40 + 0.06 * _clouds(person, film, 20)
    air *= 1.0 - _fluid(u, v, film, disease)
    tissue = trunk * (1.0 + 0.04 * _clouds(person, film, 16)) - air
    density = tissue + 0.06 * heart * _step(0.5 - v, 0.2) + _bones(u, v, person)
    return _expose(density, film, noise)


def _grid(film: Film, rng: np.random.Generator) -> tuple[Array, Array]:
    """Where each pixel lies in the body; people never stand before the detector in the same way.

    Returns:
        `u` from left to right on the film, 0 at the midline, and `v` from head to foot, 0 at the
        middle of the chest, each float64 [H, W], about -1..1.
    """
    zoom = (1.05 if film.view == "AP" else 1.0) + 0.04 * rng.standard_normal()
    tilt, right, down = 0.05 * rng.standard_normal(3)
    half = zoom * (film.height + film.width) / 4.0
    x = (np.arange(film.width)[None, :] - (film.width - 1) / 2.0) / half - right
    y = (np.arange(film.height)[:, None] - (film.height - 1) / 2.0) / half - down
    cos, sin = math.cos(tilt), math.sin(tilt)
    return cos * x + sin * y, cos * y - sin * x


def _trunk(u: Array, v: Array, film: Film, rng: np.random.Generator) -> Array:
    """Trunk, shoulders and neck; women are drawn a little narrower."""
    half = 0.88 - 0.05 * (film.patient.sex == "F") + 0.04 * rng.standard_normal()
    shoulder = (
        -0.80
        + rng.uniform(0.2, 0.5) * u * u
        - 2.0 * _step(rng.uniform(0.16, 0.26) - np.abs(u), 0.08)
    )
    return 0.55 * _step(half + 0.05 * v - np.abs(u), 0.05) * _step(v - shoulder, 0.05)


def _lungs(u: Array, v: Array, film: Film, rng: np.random.Generator) -> Array:
    """Air along the ray: two ellipses, cut off below by the diaphragm, which a lying body lifts."""
    wide, tall, base = (0.30, 0.84, 0.56) + np.array((0.02, 0.03, 0.04)) * rng.standard_normal(3)
    floor = base - 0.06 * (film.view == "AP") + 0.9 * (np.abs(u) - 0.36) ** 2 - 0.10
    air = sum(_ellipse(u, v, (side * 0.40, 0.10), (wide, tall), 0.06) for side in (-1, 1))
    return np.asarray(air * _step(floor - v, 0.03))


def _heart(u: Array, v: Array, film: Film, rng: np.random.Generator) -> Array:
    """Heart and mediastinum as one shadow; the heart grows with age."""
    size = 0.26 + 0.0006 * film.patient.age + 0.02 * rng.standard_normal()
    heart = _ellipse(u, v, (0.14, 0.30), (size, 0.9 * size), 0.04)
    arch = _ellipse(u, v, (0.08, -0.25), (0.11, 0.13), 0.04)
    return np.maximum(
        np.maximum(heart, arch), _step(rng.uniform(0.09, 0.13) - np.abs(u + 0.02), 0.04)
    )


def _bones(u: Array, v: Array, rng: np.random.Generator) -> Array:
    """Vertebrae, ribs that fall outwards, and the collarbones."""
    x = np.abs(u)
    slope, gap, start = rng.uniform((0.05, 0.135, 0.0), (0.35, 0.175, 1.0))
    spine = _step(0.085 - x, 0.02) * (0.7 + 0.3 * np.cos(2.0 * math.pi * (v / 0.13 - start)))
    ribs = _step(np.cos(2.0 * math.pi * ((v - slope * x * x) / gap - start)) - 0.35, 0.4)
    cage = _step(x - 0.09, 0.03) * _step(0.76 - x + 0.04 * v, 0.04) * _step(v + 0.72, 0.05)
    cage *= _step(0.62 - v, 0.15)
    collar = _step(0.03 - np.abs(v + 0.56 + 0.18 * x), 0.015) * _step(x - 0.06, 0.03)
    return 0.10 * spine + 0.06 * ribs * cage + 0.10 * collar * _step(0.80 - x, 0.05)


def _fluid(u: Array, v: Array, film: Film, rng: np.random.Generator) -> Array:
    """Share of the lungs' air that fluid replaces, float64 [H, W] in 0..1.

    Raises:
        ValueError: If `label` is none of the three.
    """
    label = film.patient.label
    if label not in ("COVID", "NORMAL", "PNEUMONIA"):
        raise ValueError(f"A label is COVID, NORMAL or PNEUMONIA. Received: {label!r}.")
    fluid, ragged = np.zeros_like(u), 0.03 * _clouds(rng, film, 8)
    if label == "PNEUMONIA":
        place = (rng.choice((-0.38, 0.38)), rng.uniform(-0.30, 0.30))
        radii = (rng.uniform(0.24, 0.32), rng.uniform(0.24, 0.32))
        fluid = rng.uniform(0.85, 1.0) * _ellipse(u, v, place, radii, 0.12, ragged)
    if label == "COVID":
        for side, height in ((s, h) for s in (-1, 1) for h in (-0.25, 0.05, 0.35)):
            place = (side * rng.uniform(0.48, 0.60), height + rng.uniform(-0.08, 0.08))
            radii = (rng.uniform(0.10, 0.15), rng.uniform(0.09, 0.13))
            patch = rng.uniform(0.45, 0.60) * _ellipse(u, v, place, radii, 0.06, ragged)
            fluid = np.maximum(fluid, patch)
    return fluid


def _expose(density: Array, film: Film, rng: np.random.Generator) -> Array:
    """Grey values of the site's unit, with noise; portable units (AP) have more of it."""
    contrast, brightness = UNITS[film.patient.site]
    contrast *= 1.0 + 0.06 * rng.standard_normal()
    brightness += 0.04 * rng.standard_normal()
    grain = (0.020 if film.view == "AP" else 0.014) * rng.standard_normal(density.shape)
    return np.asarray(np.clip(contrast * (density + grain) + brightness, 0.0, 1.0))


# === Shapes ===


def _step(distance: Array, soft: float) -> Array:
    """Rise smoothly from 0 to 1 where `distance` goes from `-soft` to `+soft`."""
    t = np.clip(0.5 + 0.5 * distance / soft, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def _ellipse(
    u: Array,
    v: Array,
    centre: tuple[float, float],
    radii: tuple[float, float],
    soft: float,
    ragged: Array | float = 0.0,
) -> Array:
    """1 inside, 0 outside, with an edge of half-width `soft` that `ragged` moves outwards."""
    distance = 1.0 - np.hypot((u - centre[0]) / radii[0], (v - centre[1]) / radii[1])
    return _step(distance * min(radii) + ragged, soft)


def _clouds(rng: np.random.Generator, film: Film, cells: int) -> Array:
    """A smooth random field with `cells` bumps across, mean about 0, standard deviation about 1."""
    knots = Image.fromarray(rng.standard_normal((cells, cells)).astype(np.float32))
    field = knots.resize((film.width, film.height), Image.Resampling.BICUBIC)
    return np.asarray(field, dtype=np.float64)
