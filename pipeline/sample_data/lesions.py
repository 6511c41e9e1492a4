"""What sets the classes apart: fluid where the lung should hold air.

* NORMAL: none.
* PNEUMONIA: one dense consolidation that fills part of one lobe.
* COVID: several faint ground-glass patches in both lungs, near the chest wall, mostly low.

A lesion is described as the share of air that fluid replaces, so it hides vessels and leaves ribs
visible, as it does in people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .shapes import Array, clouds, step

# Where a consolidation may sit: side, then the ranges of `across` and `down` (see `LungField`).
LOBES = (
    ("right", (0.35, 0.75), (0.24, 0.40)),  # upper
    ("right", (0.30, 0.60), (0.54, 0.66)),  # middle
    ("right", (0.40, 0.75), (0.66, 0.80)),  # lower
    ("left", (0.40, 0.75), (0.24, 0.42)),  # upper
    ("left", (0.55, 0.80), (0.60, 0.78)),  # lower
)


@dataclass(frozen=True)
class LungField:
    """One lung on the film, with coordinates of its own.

    Attributes:
        side: The patient's "right" (left on the film) or "left".
        depth: float64 [H, W] in 0..1, air along the ray; 0 outside the lung.
        across: float64 [H, W], 0 at the mediastinum, 1 at the chest wall.
        down: float64 [H, W], 0 at the apex, 1 at the diaphragm.
    """

    side: str
    depth: Array
    across: Array
    down: Array


@dataclass(frozen=True)
class Lesion:
    """One patch of fluid.

    Attributes:
        side: The lung it lies in, "right" or "left".
        centre: `(across, down)` in lung coordinates.
        radii: Half-axes, same units.
        strength: Share of the air it replaces in its middle, 0..1.
        soft: Half-width of its edge as a share of its radius.
        mottle: 0 is even, 0.5 is very patchy.
    """

    side: str
    centre: tuple[float, float]
    radii: tuple[float, float]
    strength: float
    soft: float
    mottle: float


def plan_lesions(label: str, rng: np.random.Generator) -> tuple[Lesion, ...]:
    """Choose a patient's lesions.

    Args:
        label: "NORMAL", "PNEUMONIA" or "COVID".
        rng: The patient's own; films of one patient share their lesions.

    Raises:
        ValueError: If `label` is none of the three.
    """
    if label == "NORMAL":
        return ()
    if label == "PNEUMONIA":
        return (_consolidation(rng),)
    if label == "COVID":
        # Bilateral by construction: the sides take turns.
        sides = ("right", "left") if rng.random() < 0.5 else ("left", "right")
        return tuple(_ground_glass(sides[i % 2], rng) for i in range(rng.integers(6, 10)))
    raise ValueError(f"A label is 'NORMAL', 'PNEUMONIA' or 'COVID'. Received: {label!r}.")


def opacity(lesions: tuple[Lesion, ...], lung: LungField, rng: np.random.Generator) -> Array:
    """Share of the air in `lung` that fluid has replaced.

    Args:
        lesions: From `plan_lesions`; those of the other lung are ignored.
        lung: The lung to fill.
        rng: The film's own; it moves outlines a little between films.

    Returns:
        float64 [H, W] in 0..1.
    """
    own = [lesion for lesion in lesions if lesion.side == lung.side]
    fluid = np.zeros_like(lung.depth)
    if own:
        shape = (fluid.shape[0], fluid.shape[1])
        ragged, grain = 0.26 * clouds(rng, shape, 9), clouds(rng, shape, 32)
        for lesion in own:
            # Neighbouring patches join without becoming denser; a sum would be opaque.
            fluid = np.maximum(fluid, rng.uniform(0.9, 1.1) * _fluid(lesion, lung, ragged, grain))
    return np.clip(fluid, 0.0, 0.98)


def _consolidation(rng: np.random.Generator) -> Lesion:
    """Dense and large, anywhere a lobe is."""
    side, across, down = LOBES[rng.integers(len(LOBES))]
    return Lesion(
        side=side,
        centre=(rng.uniform(*across), rng.uniform(*down)),
        radii=(rng.uniform(0.50, 0.72), rng.uniform(0.20, 0.30)),
        strength=rng.uniform(0.86, 1.0),
        soft=rng.uniform(0.30, 0.50),
        mottle=0.02,
    )


def _ground_glass(side: str, rng: np.random.Generator) -> Lesion:
    """Faint and small, near the chest wall, more likely low than high."""
    return Lesion(
        side=side,
        centre=(rng.uniform(0.62, 0.95), 0.95 - 0.65 * rng.beta(1.2, 2.2)),
        radii=(rng.uniform(0.24, 0.38), rng.uniform(0.10, 0.15)),
        strength=rng.uniform(0.36, 0.50),
        soft=rng.uniform(0.5, 0.8),
        mottle=rng.uniform(0.08, 0.18),
    )


def _fluid(lesion: Lesion, lung: LungField, ragged: Array, grain: Array) -> Array:
    """One lesion's opacity, float64 [H, W], about 0..1."""
    a = (lung.across - lesion.centre[0]) / lesion.radii[0]
    b = (lung.down - lesion.centre[1]) / lesion.radii[1]
    inside = lesion.strength * step(1.0 - np.sqrt(a * a + b * b) + ragged, lesion.soft)
    return np.asarray(inside * np.maximum(1.0 + lesion.mottle * grain, 0.0))
