"""The main job: train, gate, push; again from the cache; with more data; after a code edit."""

import csv
import io
import json
import shutil
import signal
import subprocess

import pytest

from pipeline.sample_data import write_sample_data
from tests.doubles.databases import free_port
from tests.small_recipe import WORKING

pytestmark = [pytest.mark.end_to_end, pytest.mark.core]


@pytest.fixture(scope="module")
def first(machine):
    return machine.first_output


@pytest.fixture(scope="module")
def second(machine, first):
    return machine.medtfx(machine.run_command())


def test_a_good_model_is_blessed_and_pushed(machine, first, second):
    (version,) = machine.versions()
    assert f"Pushed as version {version} of quickstart" in first
    assert "Blessed: the lower bound of the recall of every class is at least its floor" in first
    folder = machine.home.models / "quickstart" / str(version)
    assert (folder / "saved_model.pb").is_file()
    assert (folder / "assets" / "labels.txt").read_text().split() == [
        "COVID",
        "NORMAL",
        "PNEUMONIA",
    ]
    assert (folder / "assets.extra" / "tf_serving_warmup_requests").is_file()


def test_other_users_can_read_nothing_of_it(machine, first):
    there = [machine.home.root, *machine.home.root.rglob("*")]
    assert len(there) > 100
    assert [
        str(path) for path in there if path.lstat().st_mode & 0o077 and not path.is_symlink()
    ] == []


def test_it_says_which_node_is_at_work_and_where_to_look(machine, first):
    for number, node in enumerate(("ImageExampleGen", "StatisticsGen", "SchemaGen"), start=1):
        assert f" [{number}/14] {node}" in first
    assert "6 unreadable and in quarantine" in first
    assert "quarantine.csv" in first
    assert "Not a medical device" in first


def test_the_broken_files_are_in_quarantine_each_with_its_reason(machine, first):
    (path,) = machine.home.artifacts.glob("quickstart/ImageExampleGen/quarantine/*/quarantine.csv")
    rows = path.read_text().splitlines()[1:]
    assert len(rows) == 6
    reasons = {row.split(",")[1] for row in rows}
    assert {"empty", "truncated", "not_an_image", "too_large", "no_pixels"} <= reasons


def test_the_second_run_is_wholly_cached(machine, second):
    cached = machine.cached()
    assert {node for node in WORKING if not cached[node]} == set()
    assert len(machine.versions()) == 1
    assert second.count("from the cache") == len(WORKING)


def test_a_code_edit_reruns_the_node_and_what_follows(machine, second):
    path = machine.source / "components" / "evaluator" / "metrics.py"
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    machine.medtfx(machine.run_command())
    path.write_text(before)
    cached = machine.cached()
    assert not cached["Evaluator"]
    assert all(
        cached[node] for node in WORKING - {"Evaluator", "ServingValidator", "Pusher", "RunReport"}
    )


@pytest.mark.slow
def test_more_data_move_no_old_file_and_are_compared_with_the_blessed_model(machine, second):
    before, versions = machine.splits(), machine.versions()
    fingerprint = machine.last_record().data_fingerprint
    more = machine.data.parent / "more"
    write_sample_data(more, patients_per_class=5, seed=99)
    for path in more.glob("*/*"):  # the numbering of patients starts anew: make them others
        shutil.copy(path, machine.data / path.parent.name / path.name.replace("P0", "P9", 1))
    out = machine.medtfx(machine.run_command())
    after = machine.splits()
    assert len(after) > len(before)
    assert {name: after[name] for name in before} == before
    record = machine.last_record()
    assert record.data_fingerprint != fingerprint
    # All of the first run, those in quarantine too.
    assert record.taken_over == len(before) + 6
    assert f"{record.taken_over} taken over from an earlier run" in out
    assert not any(machine.cached()[node] for node in WORKING - {"SchemaGen"})
    assert all(gate.baseline is not None for gate in record.gates)
    assert "against the latest blessed model" in out
    assert machine.versions()[:-1] == versions


def test_a_rollback_and_the_list_of_runs(machine, second):
    *older, old, new = machine.versions()
    out = machine.here("rollback", "quickstart")
    assert f"version {old} is served now, before it was {new}" in out
    assert machine.versions() == [*older, old]
    machine.here("rollback", "quickstart", str(new))
    assert machine.versions() == [*older, old, new]
    table = machine.here("runs")
    assert str(old) in table and str(new) in table
    assert machine.last_record().data_fingerprint[:12] in table


@pytest.fixture(scope="module")
def server(machine, first):
    """`medtfx serve` on the pushed models; yields its address."""
    port = str(free_port())
    command = machine.command("serve", "--port", port, "--rest-port", "0")
    process = subprocess.Popen(
        command, env=machine.environment, cwd=machine.source, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert "Serving" in process.stdout.readline()
    yield f"127.0.0.1:{port}"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_the_pushed_model_answers(machine, server, tmp_path):
    image = next(iter(sorted((machine.data / "COVID").glob("*.dcm"))))
    junk = tmp_path / "junk.png"
    junk.write_text("not an image")
    out = machine.here(
        "predict", str(image), "--server", server, "--json", "--explain", str(tmp_path)
    )
    answer = json.loads(out)
    assert answer["version"] == machine.versions()[-1]
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
    assert max(answer["probabilities"], key=answer["probabilities"].get) == answer["label"]
    assert list(tmp_path.glob(f"COVID_{image.name}_*.png"))
    table = machine.here("predict", str(image), str(junk), "--server", server, "--csv", code=1)
    good, bad = csv.DictReader(io.StringIO(table))
    assert float(good["p_COVID"]) == pytest.approx(answer["probabilities"]["COVID"], abs=1e-4)
    assert "not_an_image" in bad["error"] and not bad["label"]


def test_a_dead_server_is_a_sentence(machine, first):
    image = next(iter((machine.data / "COVID").glob("*.png")))
    out = machine.here("predict", str(image), "--server", "127.0.0.1:9", "--timeout", "5", code=1)
    assert out.startswith("Error: ") and "127.0.0.1:9" in out
