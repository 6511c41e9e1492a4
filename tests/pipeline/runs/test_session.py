import logging
import os
import re
import stat

import pytest

from components.runtime.errors import DataError
from pipeline.home import Home
from pipeline.runs.session import output_to, run_session


def test_a_session_has_an_id_a_log_and_the_real_output(tmp_path, capfd):
    home = Home(tmp_path)
    with run_session(home) as session:
        session.console.print("the product")
        os.write(1, b"a library\n")
    assert re.fullmatch(r"\d{8}-\d{6}", session.run_id)
    assert session.log == home.runs / f"{session.run_id}.log"
    assert "a library" in session.log.read_text()
    assert capfd.readouterr().out == "the product\n"


def test_what_a_run_writes_is_for_its_owner_alone(tmp_path, capfd):
    tmp_path.chmod(0o755)
    before = os.umask(0o022)
    try:
        with run_session(Home(tmp_path)) as session:
            (tmp_path / "artifact").touch()
    finally:
        os.umask(before)
    for path in (session.log, session.log.parent, tmp_path / "artifact", tmp_path / "lock"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert f"chmod 700 {tmp_path}" in capfd.readouterr().out


def test_two_runs_in_one_home_are_refused(tmp_path):
    home = Home(tmp_path)
    refused = pytest.raises(DataError, match=r"Another run is active in .*--home")
    with run_session(home), refused, run_session(home):
        pass
    with run_session(home):
        pass


def test_runs_of_the_same_second_have_different_ids(tmp_path):
    ids = []
    for _ in range(2):
        with run_session(Home(tmp_path)) as session:
            ids.append(session.run_id)
    assert len(set(ids)) == 2


def test_after_the_session_the_output_is_as_before(tmp_path, capfd):
    log, root = tmp_path / "x.log", logging.getLogger()
    before = root.handlers[:], root.level
    with output_to(log):
        assert root.handlers != before[0]
        os.write(2, b"a library writes\n")  # as C++ does, past sys.stderr
    os.write(1, b"after\n")
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("after\n", "")
    assert "a library writes" in log.read_text()
    assert (root.handlers, root.level) == before
