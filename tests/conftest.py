"""Fixtures that more than one room needs."""

import os
from pathlib import Path

import pytest

# Before TensorFlow is imported: what its C++ says at import buries what the tests say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def _folder_from(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: it names a folder that is not part of the product")
    return Path(value)


@pytest.fixture
def real_data() -> Path:
    """Public research images: one folder a recipe."""
    return _folder_from("MEDTFX_DATA")


@pytest.fixture
def real_weights() -> Path:
    """Keras weight files of ImageNet networks."""
    return _folder_from("MEDTFX_WEIGHTS")
