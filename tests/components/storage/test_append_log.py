import resource
import subprocess
import sys

import pytest

from components.storage.append_log import AppendError, AppendFile
from tests.paths import ROOT


@pytest.fixture
def file(tmp_path):
    file = AppendFile(tmp_path / "a.csv")
    yield file
    file.close()


def test_what_is_appended_is_there_at_once(file):
    file.append(b"one\n")
    file.append(b"two\n")
    assert file.path.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("content", "left"),
    [
        (b"", b""),
        (b"whole\n", b"whole\n"),
        (b"whole\ntor", b"whole\n"),
        (b"torn", b""),
        (b"whole\n" + b"x" * 200_000, b"whole\n"),
    ],
)
def test_half_a_line_is_cut_off(file, content, left):
    file.append(content)
    file.cut_torn_line()
    assert file.path.read_bytes() == left


def test_nobody_else_may_write_meanwhile(tmp_path):
    first = AppendFile(tmp_path / "a.csv")
    with pytest.raises(AppendError, match="Another run is writing"):
        AppendFile(tmp_path / "a.csv")
    first.close()
    AppendFile(tmp_path / "a.csv").close()


def test_a_place_that_takes_no_file(tmp_path):
    with pytest.raises(AppendError, match=r"can't be written: Is a directory"):
        AppendFile(tmp_path)


def test_a_full_disk_leaves_whole_rows(tmp_path):
    # A limit on the size of files fails a write in its middle, as a full disk does.
    code = (
        "from pathlib import Path\n"
        "from components.storage.append_log import AppendError, AppendFile\n"
        f"file = AppendFile(Path({str(tmp_path / 'a.csv')!r}))\n"
        "file.append(b'x' * 899 + b'\\n')\n"
        "try:\n    file.append(b'y' * 199 + b'\\n')\n"
        "except AppendError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert "can't be written: File too large. Make room" in done.stdout
    assert (tmp_path / "a.csv").read_bytes() == b"x" * 899 + b"\n"
