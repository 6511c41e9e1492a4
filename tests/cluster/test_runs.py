"""Runs that somebody starts: fresh, cached, refused, stopped, two at once."""

import json
import re

from tests.small_recipe import EPOCHS


def test_a_fresh_run_pushes_a_blessed_model(site, first_run):
    assert first_run.code == 0, first_run.text
    assert ": SUCCEEDED, " in first_run.text
    (version,) = site.versions()
    log = site.log(first_run.run_id, "pusher")
    assert "Blessed: " in log and f"Pushed as version {version} of quickstart, unsigned." in log
    # The summary table counts the time of the nodes before, from ML Metadata.
    seconds = re.search(r"(\d+) s in the nodes", log)
    assert seconds and int(seconds[1]) > 0


def test_a_training_goes_on_without_its_pod_and_without_its_process(site, first_run):
    assert "Trainer, 2nd attempt" in first_run.text
    log = site.log(first_run.run_id, "trainer")
    assert "Trainer was killed by signal 9. It starts again" in log
    history = site.shell(f"cat {site.root}/artifacts/quickstart/Trainer/model_run/*/history.json")
    assert len(json.loads(history)["head"]) == EPOCHS
    assert site.epochs_saved() == 0


def test_a_run_of_nothing_new_comes_from_the_cache(site, two_at_once):
    again, _ = two_at_once
    assert again.code == 0, again.text
    for node in ("image-example-gen", "transform", "trainer"):
        assert "is taken from the cache" in site.log(again.run_id, node)


def test_a_refused_model_is_not_pushed_and_the_report_says_why(site, two_at_once):
    _, refused = two_at_once
    assert refused.code == 3 and ": SUCCEEDED, " in refused.text
    assert "NOT blessed" in site.log(refused.run_id, "evaluator")
    assert "Nothing pushed: not blessed." in site.log(refused.run_id, "pusher")


def test_a_mistake_ends_the_run_with_one_sentence_before_any_node(site, first_run):
    run = site.watch(site.submit(site.package(), overrides='["data.classes=[COVID, NORMAL]"]'))
    assert run.code == 1
    assert "Retraining FAILED" in run.text and "Never began: ImageExampleGen" in run.text
    log = site.log(run.run_id, "retraining")
    assert "Error: " in log and "PNEUMONIA" in log and "Traceback" not in log


def test_a_run_that_is_stopped_has_not_failed(site):
    run_id = site.submit(site.package())
    site.wait(run_id, lambda: "Retraining" in site.status(run_id), "the first task")
    code, text = site.medtfx("terminate", run_id)
    assert code == 0 and "is being stopped" in text
    stopped = site.watch(run_id)
    assert stopped.code == 1 and ": STOPPED, " in stopped.text
    assert ": FAILED, " not in stopped.text
