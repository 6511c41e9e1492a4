"""Paths that Beam and TensorFlow would take for patterns get another name."""

import os
from pathlib import Path

import pytest

from components.storage.plain_path import plain_path, shown_path


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("name", ["home", "my home", "Größe", "a-b_c.d (1), 'x' & \"y\" #$~"])
def test_names_that_are_no_patterns_stay(tmp_path, name):
    assert plain_path(tmp_path / name) == tmp_path / name


@pytest.mark.parametrize("name", ["runs [1]", "what?", "all*", "{a,b}", "two\nlines", "a\\b"])
def test_patterns_get_a_link_that_is_the_same_each_time(tmp_path, name):
    path = tmp_path / name / "home"
    plain = plain_path(path)
    assert not set("[]{}*?\\\n") & set(str(plain))
    (path / "file").write_text("here")
    assert (plain / "file").read_text() == "here"
    assert plain_path(path) == plain
    assert plain_path(tmp_path / name / "other") != plain


def test_a_link_that_leads_elsewhere_is_replaced(tmp_path):
    path = tmp_path / "x[1]"
    plain = plain_path(path)
    plain.unlink()
    plain.symlink_to(tmp_path)
    assert os.readlink(plain_path(path)) == str(path)


def test_beam_and_tensorflow_find_files_below(tmp_path):
    import tensorflow as tf
    from apache_beam.io.filesystems import FileSystems

    plain = plain_path(tmp_path / "runs [2026]")
    (plain / "data-0.gz").touch()
    pattern = str(Path(plain, "data-*"))
    assert len(tf.io.gfile.glob(pattern)) == 1
    assert len(FileSystems.match([pattern])[0].metadata_list) == 1


def test_a_person_sees_the_path_as_it_was_written(tmp_path):
    path = tmp_path / "runs [1]" / "home"
    assert shown_path(str(plain_path(path) / "runs" / "a.html")) == str(path / "runs" / "a.html")
    assert shown_path("s3://bucket/x") == "s3://bucket/x"
    assert shown_path(str(tmp_path / "plain")) == str(tmp_path / "plain")
