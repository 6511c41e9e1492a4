import json

import pyarrow.parquet as pq
import pytest

from serving.request_log.reader import read_span
from serving.request_log.segments import Segment
from serving.request_log.table import compact, to_table

# Each is a line that has no meaning as a record.
BROKEN = (
    b"",
    b'{"time": "2026-',
    b"[]",
    b"{}",
    b"\xff\xfe",
    json.dumps({"time": "2026-11-28T10:00:00", "probabilities": {"a": 1.0}}).encode(),  # no zone
)


def test_broken_lines_are_counted_and_the_others_kept(make_record, now):
    good = make_record().line(now)
    table, broken = to_table([*BROKEN, good])
    assert (table.num_rows, broken) == (1, len(BROKEN))


@pytest.mark.parametrize(
    ("name", "value"),
    [("mean", "dark"), ("version", 1.5), ("image", None), ("probabilities", {"a": "x"})],
)
def test_a_value_of_another_type_breaks_a_line(make_record, now, name, value):
    values = json.loads(make_record().line(now)) | {name: value}
    table, broken = to_table([json.dumps(values).encode()])
    assert (table.num_rows, broken) == (0, 1)


def test_a_past_day_becomes_parquet_with_the_same_content(write, make_record, now, span):
    folder = write([make_record(number) for number in range(5)])
    with (folder / "2026-11-28.0001.jsonl").open("ab") as file:
        file.write(b"half")
    before = read_span(folder, span)
    assert compact(folder, now.date()) == 0  # today is still written
    assert compact(folder, now.date().replace(day=29)) == 1
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "2026-11-28.0001.parquet"]
    after = read_span(folder, span)
    assert len(after) == 5
    assert after.images.tolist() == before.images.tolist()
    assert after.faults == before.faults == {"broken line": 1}
    assert after.tags == before.tags == {"view AP": 5}


def test_a_compaction_that_was_killed_loses_and_doubles_nothing(write, make_record, now, span):
    folder = write([make_record(number) for number in range(5)])
    lines = folder / "2026-11-28.0001.jsonl"
    content = lines.read_bytes()
    compact(folder, now.date().replace(day=29))
    lines.write_bytes(content)  # killed before it removed them
    assert len(read_span(folder, span)) == 5
    write([make_record(9)])  # a writer whose clock is behind
    assert len(read_span(folder, span)) == 6
    assert compact(folder, now.date().replace(day=29)) == 1
    assert len(read_span(folder, span)) == 6 and not list(folder.glob("*.jsonl"))


def test_the_parquet_file_has_the_columns_that_the_guide_names(write, make_record, now):
    folder = write([make_record()])
    compact(folder, now.date().replace(day=29))
    table = pq.read_table(Segment(now.date(), 1, folder).table)
    (row,) = table.to_pylist()
    assert row["classes"] == '["a", "b"]' and row["probabilities"] == [0.75, 0.25]
    assert row["tags"] == '{"view": "AP"}'
