"""The error: reasons, pickling, and what becomes of the libraries' exceptions."""

import pickle

import pytest
from PIL import Image, UnidentifiedImageError

from components.imaging.unreadable import Reason, refusal
from tests.components.imaging.pictures import refused


def test_error_survives_a_worker() -> None:
    error = pickle.loads(pickle.dumps(refused(b"")))
    assert (error.reason, str(error)) == ("empty", f"empty: {error.detail}")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "too_large"),
        (Image.DecompressionBombError("too many pixels"), "too_large"),
        (EOFError(), "truncated"),
        (OSError("image file is truncated (3 bytes not processed)"), "truncated"),
        (ValueError("The number of bytes of pixel data is less than expected"), "truncated"),
        (OSError("cannot decode this one"), "unsupported"),
        (NotImplementedError("Photometric interpretation not supported"), "unsupported"),
        (UnidentifiedImageError("no idea"), "corrupt"),
        (ZeroDivisionError("division by zero"), "corrupt"),
    ],
    ids=repr,
)
def test_refusal_names_the_reason_and_not_the_library(error: Exception, reason: Reason) -> None:
    refused_with = refusal(error, "GIF")
    assert refused_with.reason == reason
    assert "GIF" in refused_with.detail
    assert type(error).__name__ not in refused_with.detail
    assert not str(error) or str(error) not in refused_with.detail
