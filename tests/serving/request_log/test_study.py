import json
from dataclasses import replace

from serving.request_log.reader import read_span
from serving.request_log.record import LogRecord
from serving.request_log.study import KEY, hash_study, read_study_key
from serving.request_log.table import compact

UID = "1.2.826.0.1.3680043.8.498.7"


def of_study(record, uid=UID):
    return LogRecord(record.model, record.prediction, replace(record.facts, study_uid=uid), 0.01)


def test_the_log_holds_a_keyed_hash_and_the_key_is_of_its_owner(write, make_record, now, span):
    folder = write([of_study(make_record(1)), make_record(2)])
    (lines,) = folder.glob("*.jsonl")
    assert UID not in lines.read_text()
    key = read_study_key(folder)
    assert key and (folder / KEY).stat().st_mode & 0o777 == 0o600
    first, second = (json.loads(line) for line in lines.read_text().splitlines())
    assert first["study"] == hash_study(UID, key) and "study" not in second
    write([of_study(make_record(3)), of_study(make_record(4), "1.2.3")])  # by another process
    compact(folder, now.date().replace(day=29))
    studies = read_span(folder, span).studies.tolist()
    assert studies[0] == studies[2] == hash_study(UID, key).encode()
    assert studies[1] == b"" and studies[3] not in (b"", studies[0])


def test_a_log_without_studies_has_no_key(write, make_record):
    assert read_study_key(write([make_record(1)])) is None
