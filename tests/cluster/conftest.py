"""The site of the suite, and its first run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.site import (
    ENDPOINT,
    FEW_EPOCHS,
    UNREACHABLE,
    Cluster,
    Emulator,
    Ended,
    Site,
    write_films,
)
from tests.doubles.beam_engine import beam_engine
from tests.doubles.kfp_cluster import kubeflow_pipelines
from tests.doubles.kfp_emulator import build_image, container_environment
from tests.doubles.metadata_server import grpc_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the whole suite: minutes, all of it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(7200))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A live Kubeflow Pipelines where MEDTFX_TEST_KFP names one, else the emulator."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        if endpoint := os.environ.get(ENDPOINT):
            patch.setenv("KF_PIPELINES_ENDPOINT", endpoint)
            made = Cluster(folder)
            write_films(made, folder)
            yield made
            made.close()
            return
        # The image is a copy, so that an edit does not change it on the way.
        image = build_image(folder / "image")
        with grpc_server() as address:
            environment = container_environment(image, MEDTFX_MLMD=address, HOME=str(folder))
            with (
                beam_engine(environment, folder) as beam_args,
                kubeflow_pipelines(folder / "pods", environment) as (endpoint, server),
            ):
                patch.setenv("KF_PIPELINES_ENDPOINT", endpoint)
                emulator = Emulator(folder, server, beam_args, address)
                write_films(emulator, folder)
                yield emulator
                emulator.close()


@pytest.fixture(scope="session")
def first_run(site: Site) -> Ended:
    """A fresh run, whose training loses its pod after some epochs, and then its process."""
    run_id = site.submit(site.package())

    def wait_for(epochs: int) -> None:
        site.wait(run_id, lambda: site.epochs_saved() >= epochs, f"epoch {epochs} of the training")

    wait_for(FEW_EPOCHS)
    site.delete_pod(run_id, "trainer")
    wait_for(site.epochs_saved() + FEW_EPOCHS)
    site.kill_process(run_id, "trainer")
    return site.watch(run_id)


@pytest.fixture(scope="session")
def two_at_once(site: Site, first_run: Ended) -> tuple[Ended, Ended]:
    """A run in which nothing is new, and beside it one whose floor no model can meet."""
    before = site.versions()
    again = site.submit(site.package())
    refused = site.submit(site.package(), overrides=UNREACHABLE, gate_failure="report")
    ended = site.watch(again), site.watch(refused)
    assert site.versions() == before
    return ended
