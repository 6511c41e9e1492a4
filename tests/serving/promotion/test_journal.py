import pytest

from serving.promotion.journal import FILE_NAME, Entry, append, check, now, read, version_before
from serving.protocol.errors import ServingError


def entry(action, before, after, label="stable"):
    return Entry(now(), "Dr. Müller", action, label, before, after, "reviewed")


def test_entries_come_back_as_written(tmp_path):
    entries = [entry("promote", None, 1), entry("promote", 1, 2)]
    check(tmp_path / "chest")
    for one in entries:
        append(tmp_path / "chest", one)
    assert read(tmp_path / "chest") == entries


def test_without_a_journal(tmp_path):
    assert read(tmp_path) == []


@pytest.mark.parametrize("line", ["junk", "{}", '{"at": "2026"}', "[1]"])
def test_a_line_that_is_no_entry_is_named(tmp_path, line):
    append(tmp_path, entry("promote", None, 1))
    with (tmp_path / FILE_NAME).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ServingError, match=r"Line 2 of .*promotions\.jsonl"):
        read(tmp_path)


P, R = "promote", "rollback"


@pytest.mark.parametrize(
    ("moves", "current", "before"),
    [
        ([], 1, None),
        ([(P, None, 1)], 1, None),
        ([(P, None, 1), (P, 1, 2)], 2, 1),
        ([(P, 1, 2)], 2, 1),  # version 1 was labelled before there was a journal
        ([(P, None, 1), (P, 1, 2), (P, 2, 3)], 3, 2),
        ([(P, None, 1), (P, 1, 2), (P, 2, 3), (R, 3, 2)], 2, 1),
        ([(P, None, 1), (P, 1, 2), (P, 2, 3), (R, 3, 2), (P, 2, 4)], 4, 2),
        ([(P, None, 1), (P, 1, 2), (R, 2, 1)], 1, None),
        ([(P, None, 1), (P, 1, 2), (R, 2, 1), (P, 1, 3), (R, 3, 1)], 1, None),
        ([(P, None, 2), (R, 2, 1)], 1, 2),  # back to one that was never promoted
    ],
)
def test_version_before(moves, current, before):
    entries = [entry(*move) for move in moves]
    others = [entry(P, 8, 9, label="canary"), entry(R, 9, 8, label=None)]
    assert version_before([*others, *entries], "stable", current) == before
