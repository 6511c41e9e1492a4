"""The bones a chest radiograph shows: spine, ribs, clavicles, scapulae, shoulder joints."""

from __future__ import annotations

import numpy as np

from .anatomy import Anatomy
from .shapes import Array, Grid, ellipse, step, tube

PAIRS = 10
FRONT_PAIRS = 7


def bones(anatomy: Anatomy, grid: Grid) -> Array:
    """Density that bone adds, float64 [H, W], about 0..0.3."""
    return anatomy.bone * (_spine(grid) + _ribs(anatomy, grid) + _shoulders(anatomy, grid))


def _spine(grid: Grid) -> Array:
    """Vertebrae with discs between them."""
    phase = (grid.v + 2.0) / 0.135
    disc = np.abs(phase - np.rint(phase)) * 2.0
    body = tube(grid.u, 0.080 + 0.008 * disc, 0.02, rim=0.45)
    process = tube(grid.u, 0.012, 0.012) * step(0.4 - disc, 0.2)
    return 0.075 * body * (0.45 + 0.55 * step(0.75 - disc, 0.15)) + 0.03 * process


def _ribs(anatomy: Anatomy, grid: Grid) -> Array:
    """Ten pairs: the back part falls outwards; the front part, fainter, falls inwards."""
    x = np.abs(grid.u)
    back, front = np.zeros(grid.shape), np.zeros(grid.shape)
    for pair in range(PAIRS):
        root = anatomy.apex + 0.06 + 0.125 * pair
        reach = float(anatomy.cage_at(np.array(root + 0.12)))
        t = np.clip(x / reach, 0.0, 1.1)
        line = root + anatomy.slope * t * (0.36 * t - 0.20)
        back = np.maximum(back, tube(grid.v - line, 0.027, 0.011, rim=0.5))
        if pair < FRONT_PAIRS:
            line = root + anatomy.slope * (0.16 + 0.34 * (1.0 - t) - 0.05 * t * (1.0 - t))
            front = np.maximum(
                front, tube(grid.v - line, 0.031, 0.013, rim=0.4) * step(t - 0.45, 0.12)
            )
    # Seen edge-on at the chest wall, a rib is a longer way through bone.
    cage = anatomy.cage_at(grid.v)
    edge = np.clip(x / cage, 0.0, 1.0)
    inside = step(cage + 0.005 - x, 0.02)
    return (
        (0.085 * back * step(x - 0.07, 0.03) + 0.055 * front)
        * inside
        * (0.85 + 0.5 * edge * edge * edge)
    )


def _shoulders(anatomy: Anatomy, grid: Grid) -> Array:
    """Clavicles, scapulae and shoulder joints; who stands rolls the scapulae off the lungs."""
    x = np.abs(grid.u)
    s = np.clip((x - 0.07) / 0.70, 0.0, 1.0)
    curve = -0.47 + 0.05 * anatomy.lying - 0.42 * s * (1.0 - s) - 0.13 * s
    ends = step(x - 0.07, 0.02) * step(0.80 - x, 0.03)
    total = 0.15 * tube(grid.v - curve, 0.030, 0.012, rim=0.4) * ends
    edge = 0.92 - 0.16 * anatomy.lying
    for side in (-1.0, 1.0):
        blade = ellipse(grid, (side * edge, -0.38), (0.13, 0.30), tilt=0.22 * side, soft=0.03)
        head = ellipse(grid, (side * 1.0, -0.66), (0.11, 0.10), soft=0.03)
        total += 0.05 * blade + 0.09 * head
    return np.asarray(total)
