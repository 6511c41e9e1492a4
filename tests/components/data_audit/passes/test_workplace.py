import pickle
from pathlib import Path

import pytest

from components.data_audit.passes import workplace
from components.data_audit.passes.workplace import Workplace, read_file
from tests.components.data_audit.passes.letters import Letters


@pytest.mark.parametrize("in_memory", [1 << 20, 1])
def test_the_pieces_of_all_items_come_together_by_key(tmp_path, monkeypatch, in_memory):
    monkeypatch.setattr(workplace, "_IN_MEMORY", in_memory)
    place = Workplace(str(tmp_path))
    place.group(Letters(), ["abc", "bcd", "", "cc"])
    written = {Path(path).name: read_file(path) for path in place.find("letter-")}
    assert written == {"letter-a": b"abc", "letter-b": b"abc,bcd", "letter-c": b"abc,bcd,cc,cc"}


def test_what_is_written_for_the_workers_is_found(tmp_path):
    place = Workplace(str(tmp_path))
    path = place.write("wanted", b"\0\1")
    assert place.find("wanted") == [path] and read_file(path) == b"\0\1"
    assert place.find("nothing") == []


def test_without_a_pipeline_it_is_not_on_an_engine(tmp_path):
    assert not Workplace(str(tmp_path)).on_engine
    assert Workplace(str(tmp_path), lambda: None).on_engine


def test_beams_own_runner_writes_the_same_files(tmp_path):
    import apache_beam as beam

    assert pickle.loads(pickle.dumps(Letters())).emit("a")
    for name, make in (("here", None), ("beam", lambda: beam.Pipeline("DirectRunner"))):
        (tmp_path / name).mkdir()
        Workplace(str(tmp_path / name), make).group(Letters(), ["abc", "bcd", "cc"])
    here, by_beam = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("here", "beam")
    )
    assert here == by_beam != {}
