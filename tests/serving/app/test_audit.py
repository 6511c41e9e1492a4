import errno
import json
import os
import stat
import subprocess
import sys

import pytest

from serving.app.audit import AuditLog, Entry
from tests.paths import ROOT


def run(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT)


def test_a_line_holds_the_answer_and_only_its_owner_reads_it(tmp_path):
    file = tmp_path / "new" / "log.jsonl"
    AuditLog(file).write(Entry("m", 3, "ab" * 32, "COVID", {"COVID": 0.9}, True, False))
    line = json.loads(file.read_text())
    assert line.pop("time").endswith("Z")
    assert line == {
        "model": "m", "version": 3, "sha256": "ab" * 32, "label": "COVID",
        "probabilities": {"COVID": 0.9}, "uncertain": True, "out_of_distribution": False,
        "error": None,
    }  # fmt: skip
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_two_processes_do_not_tear_lines(tmp_path):
    file = tmp_path / "log.jsonl"
    code = (
        "import sys; from pathlib import Path; from serving.app.audit import AuditLog, Entry\n"
        "log = AuditLog(Path(sys.argv[1]))\n"
        "for n in range(100): log.write(Entry(sys.argv[2] * 3000, n))"
    )
    writers = [run(code, file, name) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for name in "ab":
        assert [one["version"] for one in lines if one["model"] == name * 3000] == list(range(100))


def test_after_half_a_line_the_next_begins_on_its_own(tmp_path):
    file = tmp_path / "log.jsonl"
    file.write_text('{"time": "2026-')
    AuditLog(file).write(Entry("m"))
    assert json.loads(file.read_text().splitlines()[1])["model"] == "m"


def test_on_a_full_disk_it_raises_and_leaves_no_half_line(tmp_path):
    file = tmp_path / "log.jsonl"
    AuditLog(file).write(Entry("m"))
    before = file.read_bytes()
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from serving.app.audit import AuditLog, Entry\n"
        "log = AuditLog(Path(sys.argv[1])); most = int(sys.argv[2])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))\n"
        "try: log.write(Entry('m'))\n"
        "except OSError: sys.exit(7)"
    )
    assert run(code, file, len(before) + 20).wait() == 7
    assert file.read_bytes() == before


def test_where_nothing_can_be_written_it_says_so_at_once(tmp_path):
    with pytest.raises(IsADirectoryError) as raised:
        AuditLog(tmp_path)
    assert raised.value.errno == errno.EISDIR


def test_a_log_that_was_moved_away_begins_anew(tmp_path):
    file = tmp_path / "log.jsonl"
    log = AuditLog(file)
    log.write(Entry("old"))
    os.rename(file, tmp_path / "log.jsonl.1")
    log.write(Entry("new"))
    assert json.loads(file.read_text())["model"] == "new"
