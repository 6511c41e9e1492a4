"""What only a cluster can refuse: machines, images, volumes."""

import pytest

PATIENCE = "a reason"


@pytest.fixture
def stop(site):
    """Stops a run that would wait for ever."""
    started = []
    yield started.append
    for run_id in started:
        site.medtfx("terminate", run_id)


def shows(site, run_id, *words):
    site.wait(run_id, lambda: any(word in site.status(run_id) for word in words), PATIENCE)


def test_a_node_that_no_machine_can_take_says_so(site, stop):
    site.only_on_a_cluster("machines")
    package = site.package("platform.defaults.node_selector={medtfx-suite: nowhere}")
    run_id = site.submit(package)
    stop(run_id)
    shows(site, run_id, "no machine can take its pod")


def test_an_image_that_can_t_be_pulled_says_so(site, stop):
    site.only_on_a_cluster("images")
    run_id = site.submit(site.package(image="registry.invalid/medtfx:none"))
    stop(run_id)
    shows(site, run_id, "ImagePullBackOff", "ErrImagePull")


def test_a_volume_that_can_t_be_written_is_one_sentence(site):
    site.only_on_a_cluster("other users")
    site.shell(f"mkdir -p {site.work}/closed && chmod 0500 {site.work}/closed")
    run = site.watch(site.submit(site.package(), root=f"{site.work}/closed/medtfx"))
    assert run.code == 1 and ": FAILED, " in run.text
    log = site.log(run.run_id, "retraining") + site.log(run.run_id, "image-example-gen")
    assert "closed" in log and "Traceback" not in log
