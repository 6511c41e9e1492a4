from datetime import date

from serving.request_log.segments import Segment, list_segments


def test_segments_are_in_order_and_other_files_are_none(tmp_path):
    names = ("2026-11-28.0002.jsonl", "2026-11-28.0001.parquet", "2026-11-28.0001.jsonl")
    for name in (*names, "2026-11-27.10000.jsonl", ".lock", "notes.txt", ".x.parquet.ab12.new"):
        (tmp_path / name).touch()
    found = list_segments(tmp_path)
    assert [(one.day, one.number, one.finished) for one in found] == [
        (date(2026, 11, 27), 10000, False),
        (date(2026, 11, 28), 1, True),
        (date(2026, 11, 28), 2, False),
    ]
    assert found[0] == Segment(date(2026, 11, 27), 10000, tmp_path)
    assert found[0].lines.name == "2026-11-27.10000.jsonl"
