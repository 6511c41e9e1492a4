import os
import resource

import pytest

from components.storage import listed_once as listed_once_module
from components.storage.listed_once import list_files, listed_once


def names(folder):
    return [file.relative for file in list_files(str(folder))]


def test_within_the_block_a_folder_stays_as_it_was_listed(tmp_path):
    (tmp_path / "a.png").touch()
    with listed_once():
        assert names(tmp_path) == ["a.png"]
        (tmp_path / "b.png").touch()
        with listed_once():
            assert names(tmp_path) == ["a.png"]
        assert names(tmp_path) == ["a.png"]
    assert names(tmp_path) == ["a.png", "b.png"]


def test_each_folder_has_its_own_list(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.png").touch()
    with listed_once():
        assert names(tmp_path / "one") == ["one.png"]
        assert names(tmp_path / "two") == ["two.png"]


def test_a_block_that_fails_keeps_nothing(tmp_path):
    def fail():
        with listed_once():
            assert names(tmp_path) == []
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    (tmp_path / "a.png").touch()
    assert names(tmp_path) == ["a.png"]


def test_the_kept_list_is_that_of_the_folder(tmp_path, monkeypatch):
    """It is made of parts, by several threads, and comes in the order of the paths."""
    monkeypatch.setattr(listed_once_module, "_BATCH", 3)
    for name in ("b/1.png", "b/x/2.png", "b.png", "a/caf\udce9.png", "0.png", "z/y/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"xx")
    expected = list_files(str(tmp_path))
    with listed_once():
        assert list_files(str(tmp_path)) == expected
        assert list_files(str(tmp_path)) == expected
        assert list_files(str(tmp_path / "nowhere")) == ()
    assert [file.relative for file in expected] == sorted(file.relative for file in expected)


def test_there_may_be_more_folders_than_open_files(tmp_path):
    for patient in range(300):
        (tmp_path / f"{patient}").mkdir()
        (tmp_path / f"{patient}" / "1.png").touch()
    (tmp_path / "metadata.csv").touch()
    expected = list_files(str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = max(map(int, os.listdir("/proc/self/fd"))) + 100
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, before[1]))
    try:
        with listed_once():
            assert list_files(str(tmp_path)) == expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
