import os
import subprocess
import sys

import ml_metadata
import pytest

from pipeline.metadata.connection import MetadataError
from pipeline.metadata.store import count_runs, make_tables
from tests.doubles import databases
from tests.paths import ROOT

# Each waits until all are loaded, so that they open the database at the same time.
SCRIPT = """
import sys
import ml_metadata
from pipeline.metadata.store import make_tables
print("loaded", flush=True)
sys.stdin.readline()
make_tables(sys.argv[1])
"""


def test_several_processes_open_an_empty_database_at_once():
    with databases.mariadb() as address:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", SCRIPT, address],
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for process in processes:
            assert process.stdout.readline() == "loaded\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        ends = [process.communicate() for process in processes]
        assert [process.returncode for process in processes] == [0] * 4, ends
        assert count_runs(address) == 0


def test_a_deadlock_while_tables_are_made_is_waited_out(tmp_path, monkeypatch):
    """Words of a real MariaDB, which four processes meet once in many times."""
    real, left = ml_metadata.MetadataStore, [1, 0]

    def opened(connection):
        if left.pop(0):
            raise RuntimeError("error: Deadlock found when trying to get lock; try restarting")
        return real(connection)

    monkeypatch.setattr(ml_metadata, "MetadataStore", opened)
    make_tables(f"sqlite:///{tmp_path}/metadata.sqlite")
    assert not left and (tmp_path / "metadata.sqlite").stat().st_size > 0


def test_another_error_is_not_tried_again(tmp_path):
    with pytest.raises(MetadataError, match=r"mysql://u:\*\*\*@127.0.0.1:1/d can't be used"):
        make_tables("mysql://u:secret@127.0.0.1:1/d")
