"""The fine detail of thumbnails: what is left without the coarse shape.

The coarse shape is what all radiographs of a body part have in common.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_DETAIL = 0.7  # sigma in pixels of the thumbnail, below which detail is fine


def fine_detail(thumbnails: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns unit vectors [n, 1024] for thumbnails [n, 32, 32, 3]."""
    grey = thumbnails.mean(axis=-1, dtype=np.float32)
    detail = grey - ndimage.gaussian_filter(grey, (0, _DETAIL, _DETAIL))
    flat = detail.reshape(len(detail), -1)
    flat -= flat.mean(axis=1, keepdims=True)
    unit: NDArray[np.float32] = flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
    return unit
