import errno
import json
import os
import stat
import subprocess
import sys

import pytest

from components.storage.append_log import AppendFile, append_json, check_appendable
from tests.paths import ROOT


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lines"


@pytest.fixture
def file(path):
    with AppendFile(path) as file:
        yield file


def run(code, *arguments):
    """Starts a process that runs the code on `sys.argv`."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT)


# === A file that stays open ===


def test_what_is_appended_is_there_at_once_and_its_owner_alone_reads_it(file, path):
    file.append(b"one\n")
    file.append(b"two\n", sync=True)
    assert path.read_bytes() == b"one\ntwo\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    file.clear()
    assert path.read_bytes() == b""


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
def test_half_a_line_is_cut_off(file, path, content, left):
    file.append(content)
    assert file.torn_line() == content[len(left) :]
    file.cut_torn_line()
    assert path.read_bytes() == left


def test_nobody_else_may_write_meanwhile(path):
    first = AppendFile(path)
    with pytest.raises(BlockingIOError):
        AppendFile(path)
    first.close()
    AppendFile(path).close()


@pytest.mark.parametrize("open_it", [AppendFile, check_appendable])
def test_a_path_that_takes_no_file(tmp_path, open_it):
    with pytest.raises(IsADirectoryError):
        open_it(tmp_path)


def test_on_a_full_disk_whole_lines_are_left(path):
    # A limit on the size of files fails a write in its middle, as a full disk does.
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from components.storage.append_log import AppendFile\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "file = AppendFile(Path(sys.argv[1]))\n"
        "file.append(b'x' * 899 + b'\\n')\n"
        "try: file.append(b'y' * 199 + b'\\n')\n"
        "except OSError as error: sys.exit(error.errno)\n"
    )
    assert run(code, path).wait() == errno.EFBIG
    assert path.read_bytes() == b"x" * 899 + b"\n"


# === JSON, a line at a time ===


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        ("", []),
        ('{"n": 1}\n', [1]),
        ('{"n": 1}\n{"n": 2, "te', [1]),  # a process was killed
        ('{"n": 1}\n{"n": 2}', [1, 2]),  # edited by hand, without the last line break
    ],
)
def test_a_line_comes_after_the_whole_ones(path, before, kept):
    path.write_text(before)
    append_json(path, {"n": "ü"})
    assert [json.loads(line)["n"] for line in path.read_text().splitlines()] == [*kept, "ü"]


def test_two_processes_do_not_tear_lines(path):
    code = (
        "import sys; from pathlib import Path\n"
        "from components.storage.append_log import append_json\n"
        "for n in range(100): append_json(Path(sys.argv[1]), {'of': sys.argv[2] * 3000, 'n': n})"
    )
    writers = [run(code, path, name) for name in "ab"]
    assert [writer.wait() for writer in writers] == [0, 0]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for name in "ab":
        assert [one["n"] for one in lines if one["of"] == name * 3000] == list(range(100))


def test_a_file_that_was_moved_away_is_begun_again(path):
    append_json(path, {"n": 1})
    os.rename(path, path.with_suffix(".1"))
    append_json(path, {"n": 2})
    assert path.read_text() == '{"n": 2}\n'


def test_a_check_makes_the_file_and_leaves_what_is_there(path):
    check_appendable(path.parent / "new" / "lines")
    assert (path.parent / "new" / "lines").read_text() == ""
    append_json(path, {"n": 1})
    check_appendable(path)
    assert path.read_text() == '{"n": 1}\n'
