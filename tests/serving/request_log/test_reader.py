from datetime import timedelta

import numpy as np
import pytest

from serving.request_log.errors import RequestLogError
from serving.request_log.reader import read_span


def test_the_columns_of_a_span(write, make_record, span):
    write([make_record(1), make_record(2, uncertain=True, out_of_distribution=None)])
    found = read_span(write([]), span)
    assert len(found) == 2
    assert found.probabilities.tolist() == [[0.75, 0.25]] * 2
    assert found.uncertain.tolist() == [0.0, 1.0]
    assert found.out_of_distribution[0] == 0 and np.isnan(found.out_of_distribution[1])
    assert found.quality["mean"].tolist() == [100.5] * 2
    assert found.quality["width"].tolist() == [40.0] * 2
    assert found.latency.tolist() == [10.0] * 2
    assert found.formats.tolist() == ["PNG"] * 2
    assert found.tags == {"view AP": 2}
    assert not found.faults


def test_what_lies_outside_the_span_is_not_read(write, make_record, span, now):
    write([make_record(1)], at=span.since - timedelta(milliseconds=1))
    write([make_record(2)], at=span.since)
    write([make_record(3)], at=now - timedelta(milliseconds=1))
    folder = write([make_record(4)], at=now)
    assert [int(image, 16) for image in read_span(folder, span).images] == [2, 3]


def test_foreign_records_are_counted_and_left_out(write, make_record, span):
    write([make_record(1), make_record(2, model="other"), make_record(3, version=2)])
    folder = write([make_record(4, probabilities={"b": 0.5, "a": 0.5})])
    found = read_span(folder, span)
    assert len(found) == 1
    assert found.faults == {"another model": 1, "another version": 1, "other classes": 1}


def test_a_clock_that_goes_back_is_counted(write, make_record, span, now):
    write([make_record(1)], at=now - timedelta(minutes=3))
    write([make_record(2)], at=now - timedelta(minutes=3, seconds=30))  # two writers may differ
    folder = write([make_record(3)], at=now - timedelta(hours=2))
    found = read_span(folder, span)
    assert len(found) == 3 and found.faults == {"clock went back": 1}


def test_a_time_in_the_future_is_counted_and_left_out(write, make_record, span, now):
    folder = write([make_record(1)], at=now + timedelta(hours=1))
    found = read_span(folder, span)
    assert len(found) == 0 and found.faults == {"time in the future": 1}


def test_an_empty_log_has_columns_without_rows(write, span):
    found = read_span(write([]), span)
    assert found.probabilities.shape == (0, 2) and len(found.chosen(np.zeros(0, bool))) == 0


def test_chosen_rows_keep_their_order(write, make_record, span):
    folder = write([make_record(number) for number in range(4)])
    chosen = read_span(folder, span).chosen(np.array([2, 0]))
    assert [int(image, 16) for image in chosen.images] == [2, 0]
    assert chosen.quality["std"].tolist() == [20.25] * 2


def test_no_log_is_an_error_with_a_remedy(tmp_path, span):
    with pytest.raises(RequestLogError, match="Name the folder of a log"):
        read_span(tmp_path / "none", span)


def test_a_broken_parquet_file_is_an_error_with_a_remedy(write, span):
    folder = write([])
    (folder / "2026-11-28.0001.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(RequestLogError, match=r"can't be read.*backup"):
        read_span(folder, span)
