import os
import stat

import pytest

from components.runtime.environment import UMASK
from components.runtime.errors import DataError
from components.storage.private import (
    opened_to_others,
    private_files,
    site_umask,
    trouble_with_key,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _no_umask_in_the_environment(monkeypatch):
    monkeypatch.delenv(UMASK.name, raising=False)


@pytest.mark.parametrize(
    ("wanted", "folder", "file"),
    [("", 0o700, 0o600), ("027", 0o750, 0o640), ("0022", 0o755, 0o644), ("7", 0o770, 0o660)],
)
def test_files_are_for_whom_the_site_wants(tmp_path, monkeypatch, wanted, folder, file):
    monkeypatch.setenv(UMASK.name, wanted)
    before = os.umask(0o002)
    try:
        with private_files():
            (tmp_path / "folder").mkdir()
            (tmp_path / "file").touch()
        (tmp_path / "after").touch()
    finally:
        os.umask(before)
    assert mode(tmp_path / "folder") == folder
    assert mode(tmp_path / "file") == file
    assert mode(tmp_path / "after") == 0o664


@pytest.mark.parametrize("wanted", ["rwx", "79", "0o77", "277", "-1", "7777", "0077 "])
def test_what_is_no_umask_is_refused(monkeypatch, wanted):
    monkeypatch.setenv(UMASK.name, wanted)
    with pytest.raises(DataError, match=f"{UMASK} is a umask.*Received: '{wanted}'"):
        site_umask()


def test_it_is_said_who_else_may_read(tmp_path, monkeypatch):
    tmp_path.chmod(0o755)
    assert opened_to_others(tmp_path) == (
        f"Other users of this machine can use {tmp_path} (mode 0755). To keep them out: "
        f"chmod 700 {tmp_path}"
    )
    monkeypatch.setenv(UMASK.name, "027")
    assert f"chmod 750 {tmp_path}" in opened_to_others(tmp_path)
    tmp_path.chmod(0o750)
    assert opened_to_others(tmp_path) == ""


@pytest.mark.parametrize("allowed", [0o400, 0o600, 0o440, 0o640])
def test_a_key_of_its_owner_or_group(tmp_path, allowed):
    key = tmp_path / "key"
    key.touch(allowed)
    assert trouble_with_key(key) == ""


@pytest.mark.parametrize("wide", [0o644, 0o604, 0o660])
def test_a_key_of_others(tmp_path, wide):
    key = tmp_path / "key"
    key.touch()
    key.chmod(wide)
    assert f"mode {wide:04o}. Run: chmod 600 {key} " in trouble_with_key(key)
