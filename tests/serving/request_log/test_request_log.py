import logging
import multiprocessing
import resource
import stat

import pytest

from serving.request_log.errors import RequestLogError
from serving.request_log.request_log import RequestLog


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def lines(folder):
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl"))).splitlines()


def test_a_full_segment_is_followed_by_another(write, make_record):
    for number in range(3):
        folder = write([make_record(number)], segment_bytes=1)
    assert names(folder) == [f"2026-11-28.000{number}.jsonl" for number in (1, 2, 3)]


def test_each_day_has_files_of_its_own(write, make_record, now):
    folder = write([make_record()])
    write([make_record()], at=now.replace(day=29))
    assert names(folder) == ["2026-11-28.0001.jsonl", "2026-11-29.0001.jsonl"]


def test_only_the_owner_reads_it(write, make_record):
    folder = write([make_record()])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "2026-11-28.0001.jsonl").stat().st_mode) == 0o600


def test_a_half_line_of_a_killed_writer_stays_apart(write, make_record):
    folder = write([make_record()])
    with (folder / "2026-11-28.0001.jsonl").open("ab") as file:
        file.write(b'{"time": "2026-')
    write([make_record()])
    assert len(lines(folder)) == 3
    assert lines(folder)[1] == b'{"time": "2026-'


def _write_many(folder, records):
    log = RequestLog(folder, segment_bytes=2000)
    for record in records:
        log.add([record])


def test_several_processes_write_whole_lines(tmp_path, make_record):
    context = multiprocessing.get_context("fork")
    parts = [[make_record(100 * part + n) for n in range(50)] for part in range(3)]
    writers = [context.Process(target=_write_many, args=(tmp_path / "log", part)) for part in parts]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = lines(tmp_path / "log")
    assert all(line.startswith(b'{"time"') and line.endswith(b"}") for line in found)
    digests = {line.split(b'"image":"')[1][:64].decode() for line in found}
    assert len(found) == 150
    assert digests == {f"{100 * part + n:064x}" for part in range(3) for n in range(50)}


def test_a_full_disk_costs_the_line_and_not_the_prediction(write, make_record, now, caplog):
    folder = write([make_record()])
    before = lines(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = RequestLog(folder, clock=lambda: now)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before[0]) + 10, hard))
    try:
        with caplog.at_level(logging.WARNING):
            log.add([make_record()])
            log.add([make_record()])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert lines(folder) == before
    (warning,) = caplog.records  # not one a prediction
    assert "1 predictions are missing" in warning.message


def test_a_folder_that_is_a_file_is_refused_before_any_prediction(tmp_path):
    (tmp_path / "log").write_text("")
    with pytest.raises(RequestLogError, match="Name another folder"):
        RequestLog(tmp_path / "log")
