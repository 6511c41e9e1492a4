import json
import stat

import pytest

from serving.app.audit import AuditLog, Entry


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


def test_where_nothing_can_be_written_it_says_so_at_once(tmp_path):
    with pytest.raises(IsADirectoryError):
        AuditLog(tmp_path)
