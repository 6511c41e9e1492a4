import pytest

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
