"""The small job on Prism, with a pool whose workers come, and one whose workers end at once."""

import os

import pytest

from pipeline.beam.arguments import beam_args
from pipeline.beam.errors import EngineError
from tests.doubles.beam_engine import engine_options, prism, worker_pool
from tests.paths import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with prism(tmp_path_factory.mktemp("engine")) as address:
        yield address


@pytest.fixture(autouse=True)
def only_the_engine_reaches_the_pool(monkeypatch):
    monkeypatch.setenv("MEDTFX_BEAM_POOL_CHECK", "off")


def test_a_worker_that_comes(engine, tmp_path):
    with worker_pool(os.environ | {"PYTHONPATH": str(ROOT)}, tmp_path) as pool:
        assert beam_args(engine_options(engine, pool))


def test_a_worker_that_never_comes(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.beam.settings._DEFAULT_PATIENCE", "0.05")
    refused = pytest.raises(
        EngineError, match=r"No worker .* within 0.05 min.*MEDTFX_BEAM_PATIENCE"
    )
    with worker_pool(os.environ, tmp_path, "/bin/false") as pool, refused:
        beam_args(engine_options(engine, pool))
