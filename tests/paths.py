"""Where the tests find the product."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
