"""The artifacts of `tests.components.decided`."""

from pathlib import Path

import pytest

from tests.components.decided import Artifacts


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path)
