"""Mistakes of `medtfx bulk-score`; `tests/end_to_end` has the scoring itself."""

import sys

import pytest

from tests.command_line import assert_one_message, medtfx


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "models" / "tiny" / "5").mkdir(parents=True)
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("nowhere",), "nowhere"),
        ((".", "--version", "3"), "version 3"),
        ((".", "--model", "tny"), "tny"),
        ((".", "--root", "ftp://host/a"), "--root"),
        ((".", "--out", "../none/predicted.csv"), "there is no folder"),
    ],
)
def test_a_mistake_is_reported_before_tensorflow_is_loaded(
    home, tmp_path, monkeypatch, options, words
):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.png").touch()
    monkeypatch.chdir(tmp_path / "films")
    assert_one_message(medtfx("bulk-score", *options, "--home", home), words)
