"""Sample data: chest radiographs of people who do not exist, drawn by the product itself.

Enough to run the whole pipeline without downloading or disclosing anything. The classes differ by
what is in the lungs and by nothing else; `cohort.py` keeps it so, `lesions.py` draws it.
"""

from .broken import KINDS as BROKEN_KINDS
from .cohort import CLASSES, SITES, Film, Patient, plan_films
from .dataset import SampleData, write_sample_data
from .marker import MARKER, SampleDataError
from .phantom import draw_radiograph

__all__ = [
    "BROKEN_KINDS",
    "CLASSES",
    "MARKER",
    "SITES",
    "Film",
    "Patient",
    "SampleData",
    "SampleDataError",
    "draw_radiograph",
    "plan_films",
    "write_sample_data",
]
