"""Sample data: chest radiographs of people who do not exist, drawn by the product.

Enough to run the whole pipeline without downloading or disclosing anything. The classes differ
only by what is in the lungs: `cohort.py` deals everything else evenly, `radiograph.py` draws.
"""

from .cohort import CLASSES, Film, plan_films
from .dataset import SampleData, SampleDataError, write_sample_data
from .radiograph import draw_radiograph

__all__ = [
    "CLASSES",
    "Film",
    "SampleData",
    "SampleDataError",
    "draw_radiograph",
    "plan_films",
    "write_sample_data",
]
