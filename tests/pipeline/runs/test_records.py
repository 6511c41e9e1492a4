import math

import pytest

from pipeline.home import Home
from pipeline.runs.records import NodeRecord, load_all, save, usual_seconds


def test_a_record_comes_back_as_it_was(home, make_record, make_gate):
    record = make_record(gates=[make_gate("Größe [2]", baseline=None)], version=None, served=False)
    path = save(record, home)
    assert path == home.runs / "20250101-120000.json"
    assert load_all(home) == [record]


def test_a_number_that_is_none_comes_back(home, make_record, make_gate):
    save(make_record(gates=[make_gate(recall=math.nan)]), home)
    (record,) = load_all(home)
    assert math.isnan(record.gates[0].recall)


def test_records_come_oldest_first(home, make_record):
    for run_id in ("20250102-000000", "20241231-235959", "20250101-120000"):
        save(make_record(run_id=run_id), home)
    assert [record.run_id[:8] for record in load_all(home)] == ["20241231", "20250101", "20250102"]


def test_a_home_without_runs_has_no_records(tmp_path):
    assert load_all(Home(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"gates": []}', '{"gates": [{"label": "x"}], "nodes": []}', "\xff"]
)
def test_a_broken_record_is_left_out(home, make_record, content):
    record = make_record()
    save(record, home)
    (home.runs / "20250101-000000.json").write_text(content, encoding="latin-1")
    (home.runs / "20250101-120000.log").write_text("a log lies beside it")
    assert load_all(home) == [record]


def test_seconds_are_those_of_the_nodes(make_record):
    assert make_record().seconds == pytest.approx(12.4)


def test_usual_seconds_are_of_the_last_time_a_node_really_ran(home, make_record):
    def run(run_id, recipe="quickstart", **nodes):
        records = [NodeRecord(node, cached, seconds) for node, (cached, seconds) in nodes.items()]
        save(make_record(run_id=run_id, recipe=recipe, nodes=records), home)

    run("1", Trainer=(False, 90.0), Evaluator=(False, 5.0))
    run("2", Trainer=(False, 60.0), Evaluator=(True, 0.1))
    run("3", recipe="crc-tissue", Trainer=(False, 600.0))
    assert usual_seconds(home, "quickstart") == {"Trainer": 60.0, "Evaluator": 5.0}
    assert usual_seconds(home, "pneumonia-3class") == {}
