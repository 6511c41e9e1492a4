"""The artifacts of `tests.components.decided`, and the site's keys.

keys    `keys.private`, `keys.public`: PEM files; `keys.other`: the public key of somebody else
"""

from pathlib import Path

import pytest

from tests.components.decided import Artifacts
from tests.signing import Keys


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))
