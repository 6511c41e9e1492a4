"""Fixtures that more than one room needs."""

import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import chromium, requested, set_view
from tests.doubles.s3_server import s3_server

# Before TensorFlow is imported: what its C++ says at import buries what the tests say.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A shell starts what is in its background deaf to Ctrl-C, and so would be the processes of tests.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# On several processors, whoever gets one of these last is waited for by all others.
_LONG = ("end_to_end", "cluster", "image", "trainer", "run_report", "training", "serving_validator")
# End-to-end tests with a home of their own; all others share one, which takes one run at a time.
_ALONE = ("test_recipes.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets the rooms begin first that take longest."""
    order = {name: place for place, name in enumerate(_LONG)}
    items.sort(key=lambda item: order.get(item.path.parent.name, len(order)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keeps a file, or what shares a home, on one processor."""
    # Not xdist's own `loadgroup`: version 3.8 sets an attribute that pytest 9.2 does not have,
    # and so silently deals out single tests.
    from xdist.scheduler import LoadScopeScheduling

    class BySharedState(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.partition("::")[0])
            if file.parent.name == "cluster":
                return "the cluster"
            shared = file.parent.name == "end_to_end" and file.name not in _ALONE
            return "the machine" if shared else str(file)

    return BySharedState(config, log)


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


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The keys of a site, see `tests.signing`."""
    from tests.signing import Keys

    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A boto3 client of an S3 server on loopback, which the environment names like MinIO."""
    with s3_server() as client:
        yield client


@pytest.fixture
def bucket(s3: Any) -> str:
    """The address of a new bucket."""
    name = f"site-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    with chromium() as started:
        yield started


@pytest.fixture
def open_page(browser: Any) -> Iterator[Any]:
    """Opens an HTML file in Chromium; afterwards: no console error, nothing fetched."""

    def start(path: Path, width: int = 1280, dark: bool = False) -> Any:
        set_view(browser, width, dark)
        browser.get(path.as_uri())
        return browser

    for name in ("browser", "performance"):
        browser.get_log(name)  # of the test before
    yield start
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert {url.scheme for url in requested(browser)} <= {"file", "data", "chrome"}
