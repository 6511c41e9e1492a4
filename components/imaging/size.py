"""The size in pixels that a picture may have, checked by its header, before it is decoded."""

from __future__ import annotations

from components.imaging.unreadable import UnreadableImage

RAISE_LIMIT = "raise the limit (data.max_pixels of the recipe, --max-megapixels of a command)"

MIN_SIDE = 8  # pixels; anything smaller is an icon or a spacer
MAX_SIDE = 1_000_000  # pixels; libpng, which TensorFlow uses, refuses more


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuses pictures by their size in pixels.

    Raises:
        UnreadableImage: 'too_small' or 'too_large'.
    """
    if min(width, height) < MIN_SIDE:
        raise UnreadableImage(
            "too_small",
            f"the file says {width} x {height} pixels, less than {MIN_SIDE} on a side; "
            "take it out, or look for the full-size original",
        )
    if width * height > max_pixels or max(width, height) > MAX_SIDE:
        raise UnreadableImage(
            "too_large",
            f"the file says {width} x {height} = {width * height:.1e} pixels, more than the "
            f"limit of {max_pixels:.1e} (or {MAX_SIDE} on a side); reduce it, or {RAISE_LIMIT}",
        )
