"""A pool of Beam's, in a process of its own, as a site starts it."""

import os
import socket

import pytest

from pipeline.beam.errors import BeamError
from pipeline.beam.pool import check_pool
from tests.doubles.beam_engine import worker_pool
from tests.paths import ROOT

ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}

pytestmark = pytest.mark.slow


def test_a_pool_with_medtfx_starts_a_worker(tmp_path):
    with worker_pool(ENVIRONMENT, tmp_path) as address:
        check_pool(address)


def test_a_program_that_is_not_there(tmp_path):
    refused = pytest.raises(BeamError, match=r"starts no worker.*/no/such/worker")
    with worker_pool(ENVIRONMENT, tmp_path, "/no/such/worker") as address, refused:
        check_pool(address)


def test_a_python_without_beam(tmp_path):
    refused = pytest.raises(BeamError, match=r"did not come within 2 s.*apache_beam")
    with worker_pool(ENVIRONMENT, tmp_path, "/bin/false") as address, refused:
        check_pool(address, seconds=2)


def test_another_server(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"localhost:{listening.getsockname()[1]}"
        with pytest.raises(BeamError, match="does not answer as Beam's pool does"):
            check_pool(address, seconds=2)
