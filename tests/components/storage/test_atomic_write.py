import os
import signal
import stat
import subprocess
import sys
import threading

import pytest

from components.storage.atomic_write import (
    OWNER_ONLY,
    remove_unfinished,
    replacing,
    write_atomically,
)
from tests.paths import ROOT


@pytest.mark.parametrize(("content", "stored"), [("é\n", b"\xc3\xa9\n"), (b"\xff", b"\xff")])
def test_a_file_is_made_and_replaced(tmp_path, content, stored):
    path = tmp_path / "state.json"
    for earlier in (None, b"longer than what comes"):
        if earlier:
            path.write_bytes(earlier)
        write_atomically(path, content)
        assert path.read_bytes() == stored
        assert os.listdir(tmp_path) == ["state.json"]


def test_a_reader_sees_the_old_content_until_the_new_is_complete(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_after_an_error_the_old_file_is_as_it_was(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def interrupted():
        with replacing(path) as file:
            file.write(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["table.csv"]


def test_the_permissions_are_those_of_a_new_file_or_as_asked(tmp_path):
    write_atomically(tmp_path / "plain", "")
    with replacing(tmp_path / "secret", OWNER_ONLY):
        pass
    (tmp_path / "usual").touch()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes["plain"] == modes["usual"] and modes["secret"] == 0o600


def test_several_writers_leave_one_of_their_contents(tmp_path):
    path = tmp_path / "state.json"
    contents = [bytes([65 + number]) * 100_000 for number in range(8)]
    writers = [threading.Thread(target=write_atomically, args=(path, one)) for one in contents]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert path.read_bytes() in contents and os.listdir(tmp_path) == ["state.json"]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "a", "")


def test_what_a_killed_process_left_is_removed(tmp_path):
    folder = tmp_path / "COVID"
    folder.mkdir()
    script = (
        "from components.storage.atomic_write import replacing; import os, pathlib, signal\n"
        f"with replacing(pathlib.Path({str(folder / 'a.dcm')!r})): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == -signal.SIGKILL
    (folder / "b.dcm").touch()
    assert len(os.listdir(folder)) == 2
    remove_unfinished(tmp_path)
    assert os.listdir(folder) == ["b.dcm"]
