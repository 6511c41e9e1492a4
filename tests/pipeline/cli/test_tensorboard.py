import json
import urllib.request
from pathlib import Path

import pytest

from components.runtime.errors import MedtfxError
from pipeline.cli.tensorboard import TensorBoardError, board, log_folders
from pipeline.home import Home
from pipeline.runs.records import RunPaths, save


@pytest.fixture
def home(tmp_path, make_record) -> Home:
    """Two runs with one training, one with another, one whose logs are gone or far away."""
    found = Home(tmp_path / "a, home: with signs")
    found.runs.mkdir(parents=True)
    places = {
        "20250101-120000": _logs(found.root / "one"),
        "20250102-120000": found.root / "one",
        "20250103-120000": _logs(found.root / "two"),
        "20250104-120000": found.root / "gone",
        "20250105-120000": "s3://bucket/three",
    }
    for run_id, place in places.items():
        save(make_record(run_id=run_id, paths=RunPaths(tensorboard=str(place))), found)
    return found


def _logs(folder: Path) -> Path:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder / "head" / "validation"))
    value = Summary.Value(tag="epoch_loss", simple_value=0.5)
    writer.add_event(Event(step=1, wall_time=1.0, summary=Summary(value=[value])))
    writer.close()
    return folder


def test_each_training_is_shown_once(home):
    found = log_folders(home, [])
    assert found == {
        "20250101-120000 quickstart": home.root / "one",
        "20250103-120000 quickstart": home.root / "two",
    }
    named = log_folders(home, ["20250102-120000"])
    assert named == {"20250102-120000 quickstart": home.root / "one"}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (["20250104-120000"], "no logs of 20250104-120000"),
        (["20250105-120000"], "no logs of 20250105-120000"),
    ],
)
def test_without_logs_there_is_a_sentence(home, wanted, reason):
    with pytest.raises(TensorBoardError, match=reason):
        log_folders(home, wanted)


def test_an_unknown_run_is_an_error(home):
    with pytest.raises(MedtfxError, match="no run 'yesterday'"):
        log_folders(home, ["20250101-120000", "yesterday"])


def test_an_empty_home_has_none(tmp_path):
    with pytest.raises(TensorBoardError, match=r"any run in .*medtfx run"):
        log_folders(Home(tmp_path), [])


def test_a_real_tensorboard_shows_the_runs_on_loopback_alone(home):
    with board(log_folders(home, []), 0) as url:
        assert url.startswith("http://127.0.0.1:")
        port = int(url.rstrip("/").rpartition(":")[2])
        with pytest.raises(TensorBoardError, match=f"port {port}"), board({}, port):
            pass
        asked = f"{url}data/plugin/scalars/tags"
        tags: dict = {}
        while not tags:  # it reads the logs in a thread of its own
            with urllib.request.urlopen(asked) as answer:
                tags = json.load(answer)
    assert set(tags) == {f"2025010{day}-120000 quickstart/head/validation" for day in (1, 3)}
