"""Which artifact a node takes files over from, and what becomes of them."""

import os

import pytest

from components.storage.taken_over import earlier, read_origins, take_over, write_notes


@pytest.fixture
def artifacts(tmp_path):
    """Artifacts of a node; 10 has been made in another way, and 11 was never finished."""
    for number, identity in [("3", "a"), ("9", "a"), ("10", "b")]:
        (tmp_path / number).mkdir()
        write_notes(str(tmp_path / number), identity, {f"{number}.gz": f"x/{number}.gz"})
    (tmp_path / "11").mkdir()
    return tmp_path


def test_the_latest_that_was_made_in_the_same_way_counts(artifacts):
    found = earlier(str(artifacts / "12"), "a")
    assert found.uri == str(artifacts / "9") and found.origins == {"9.gz": "x/9.gz"}
    assert read_origins(found.uri) == found.origins


def test_none_is_no_error(artifacts, tmp_path):
    assert earlier(str(artifacts / "12"), "c") is None
    assert earlier(str(tmp_path / "nowhere" / "1"), "a") is None
    assert earlier(str(artifacts / "examples"), "a") is None
    assert read_origins(str(artifacts / "11")) == {}


def test_an_artifact_does_not_take_over_from_itself(artifacts):
    assert earlier(str(artifacts / "9"), "a").uri == str(artifacts / "3")


def test_a_file_is_linked_and_one_of_a_lost_attempt_replaced(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"whole")
    target.write_bytes(b"ha")
    take_over(str(source), str(target))
    assert target.read_bytes() == b"whole" and os.path.samefile(source, target)


def test_where_there_are_no_links_it_is_copied(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"whole")
    take_over(str(source), str(target))
    assert target.read_bytes() == b"whole" and not os.path.samefile(source, target)
